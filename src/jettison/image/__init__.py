"""OCI images: read from an archive, as sizes per layer and the tree of files that a container sees."""

from __future__ import annotations

from jettison.image.archive import read_archive
from jettison.image.difference import Difference, compare
from jettison.image.model import Entry, Image, Layer, LayerCache, Tree

__all__ = ["Difference", "Entry", "Image", "Layer", "LayerCache", "Tree", "compare", "read_archive"]
