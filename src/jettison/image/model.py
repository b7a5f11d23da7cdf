"""An image as frozen values: its config, its layers with sizes, and the tree of files they add up to."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, NamedTuple, TypeAlias

from jettison.findings import Basis


class Entry(NamedTuple):
    """One path of a file tree. Times are left out on purpose: they differ between any two builds."""

    kind: str
    """`file`, `directory`, `link` (symbolic), `fifo`, `device`; within one layer also `hard link`."""
    mode: int
    """Permission bits with setuid, setgid and sticky."""
    uid: int
    gid: int
    size: int
    digest: str
    """sha256 of the content in hex; "" for anything but a file."""
    link: str
    """Target of a symbolic link as written, absolute path of a hard link's, `c 1:3` for a device."""
    xattrs: tuple[tuple[str, bytes], ...]
    """Sorted; security.capability among them."""


Tree: TypeAlias = dict[str, Entry]
"""Absolute path (`/usr/bin/env`) to entry; `/` itself only when a layer says something about it."""


class LayerFiles(NamedTuple):
    """What one layer says: entries to put, paths to remove, and directories to empty first. Paths are
    absolute.
    """

    entries: Tree
    whiteouts: frozenset[str]
    opaque: frozenset[str]
    uncompressed: int
    diff_id: str
    modelled: int | None = None
    """Compressed bytes as a sample tells them, of a layer that was read from an uncompressed blob."""


LayerCache: TypeAlias = dict[str, LayerFiles]
"""Layers already read, by the digest of their blob."""


@dataclass(frozen=True, slots=True)
class Layer:
    """One layer, with sizes counted by us. `created_by` is the instruction as the image's history has it."""

    digest: str
    """Of the blob in the archive."""
    diff_id: str
    """Of the uncompressed tar."""
    compressed: int | None
    """Bytes to pull; None when the archive holds the layer uncompressed and nobody asked for a model."""
    uncompressed: int
    created_by: str
    basis: Basis = Basis.MEASURED
    """Of `compressed`; MODELLED when the archive holds the layer uncompressed and we compressed a sample."""


@dataclass(frozen=True, slots=True)
class Image:
    """An image read from an archive."""

    digest: str
    """Of the manifest; of the config in a docker-archive without one."""
    config: Mapping[str, Any]
    """The image config as JSON: `architecture`, `config` (Cmd, Env, ...), `rootfs`, `history`."""
    layers: tuple[Layer, ...]
    files: tuple[LayerFiles, ...]

    @property
    def compressed(self) -> int | None:
        """Sum of the compressed sizes of the layers; None when one of them is unknown."""
        sizes = [layer.compressed for layer in self.layers]
        return None if None in sizes else sum(size or 0 for size in sizes)

    @property
    def uncompressed(self) -> int:
        """Sum of the uncompressed layer tars."""
        return sum(layer.uncompressed for layer in self.layers)

    @property
    def run_config(self) -> Mapping[str, Any]:
        """What a container gets: Cmd, Entrypoint, Env, User, WorkingDir, ExposedPorts, ..."""
        found = self.config.get("config")
        return found if isinstance(found, dict) else {}

    def tree(self) -> Tree:
        """The files a container sees: layers over each other, whiteouts and opaque directories applied."""
        from jettison.image.tree import overlay

        return overlay(self.files)
