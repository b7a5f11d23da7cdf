"""The compressed size of a layer that an archive holds uncompressed, modelled from a part of it."""

from __future__ import annotations

import zlib

_EVERY = 8
"""One chunk of so many is compressed: gzip -6 of a whole 860 MB image takes half a minute."""
_WHOLE = 16
"""Chunks at the start that are all compressed, so that a small layer is measured rather than modelled."""


class Sample:
    """Compresses some of the chunks it is given, as `gzip -6` would."""

    def __init__(self) -> None:
        self._count = 0
        self._taken = 0
        self._squeezed = 0

    def add(self, chunk: bytes) -> None:
        """Take the next chunk of the layer."""
        self._count += 1
        if self._count <= _WHOLE or self._count % _EVERY == 0:
            tool = zlib.compressobj(6, wbits=-15)
            self._taken += len(chunk)
            self._squeezed += len(tool.compress(chunk)) + len(tool.flush())

    def estimate(self, size: int) -> int:
        """Bytes that the whole layer of `size` bytes would take."""
        return round(size * self._squeezed / self._taken) if self._taken else 0
