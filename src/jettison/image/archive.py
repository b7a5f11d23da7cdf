"""Image archives: docker-archive and OCI layout tars, as `docker image save` and `buildx --output type=oci` write them."""

from __future__ import annotations

from pathlib import Path

from jettison.image.model import Image, LayerCache


def read_archive(path: Path, cache: LayerCache | None = None, *, model_compressed: bool = False) -> Image:
    """Read an image archive, streaming; nothing is unpacked to disk.

    Layers whose digest is in `cache` are not read again, new ones are put in. Raises ImageError with what is wrong.
    """
    raise NotImplementedError
