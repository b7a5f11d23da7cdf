"""How big an image is, summed from its layers by us: engines mean different things by SIZE."""

from __future__ import annotations

from typing import NamedTuple

from jettison.findings import Basis
from jettison.image import Image


class Sizes(NamedTuple):
    """Bytes of an image. `basis` is that of `compressed`; uncompressed bytes are always measured."""

    compressed: int | None
    """To pull; None when the engine does not keep layers compressed and nobody estimated it."""
    uncompressed: int
    """On disk."""
    layers: int
    basis: Basis = Basis.MEASURED


def sizes(image: Image) -> Sizes:
    """The sizes of an image as read from the engine."""
    modelled = any(layer.basis is not Basis.MEASURED for layer in image.layers)
    basis = Basis.MODELLED if modelled else Basis.MEASURED
    return Sizes(image.compressed, image.uncompressed, len(image.layers), basis)
