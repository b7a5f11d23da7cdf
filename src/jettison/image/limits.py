"""How much of a hostile archive is read before it is refused. No honest image comes near."""

from __future__ import annotations

from jettison.errors import ImageError

JSON_BYTES = 16 << 20
"""A manifest or config; registries refuse manifests above 4 MiB."""
SPECIAL_BYTES = 1 << 20
"""A PAX or GNU long-name header; Go's archive/tar, which every engine reads layers with, has the same limit.
"""
PATH_BYTES = 4096
"""PATH_MAX of Linux: no engine can unpack a longer path."""
ENTRIES = 5_000_000
"""Of one layer; a tree of that size takes about 2.5 GB of memory."""
MEMBERS = 100_000
"""Files in the archive itself: manifests, configs, layers."""
LAYERS = 1024
"""The overlay driver stops at 128."""
UNCOMPRESSED_BYTES = 256 << 30
"""Of one layer, holes of sparse files included."""
TRAILING_BYTES = 64 << 20
"""Padding after the end of a layer's tar."""


def refuse(what: str) -> ImageError:
    """The error for an archive that goes past a limit."""
    return ImageError(f"the image archive is not to be trusted: {what}", "was it made by docker image save?")
