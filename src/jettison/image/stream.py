"""Bytes read once, in order: what the tar walk needs, over a file and over a stream of chunks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import BinaryIO, Protocol

from jettison.errors import ImageError

Sink = Callable[[memoryview], object]


class Stream(Protocol):
    """A place in a sequence of bytes that only moves forward."""

    position: int

    def take(self, count: int) -> bytes:
        """The next `count` bytes; b"" when the stream is at its end. Raises ImageError when it ends in
        between.
        """

    def skip(self, count: int) -> None:
        """Pass over `count` bytes. Raises ImageError when there are fewer."""

    def feed(self, count: int, sink: Sink) -> None:
        """Give the next `count` bytes to `sink`, in pieces. Raises ImageError when there are fewer."""


class FileStream:
    """A file of `size` bytes; skipping seeks."""

    def __init__(self, file: BinaryIO, size: int) -> None:
        self._file = file
        self._size = size
        self.position = 0

    def take(self, count: int) -> bytes:
        """See Stream."""
        data = self._file.read(count)
        self.position += len(data)
        if data and len(data) < count:
            raise truncated()
        return data

    def skip(self, count: int) -> None:
        """See Stream."""
        if count > self._size - self.position:
            raise truncated()
        self.position += count
        self._file.seek(self.position)

    def feed(self, count: int, sink: Sink) -> None:
        """See Stream."""
        while count:
            piece = self.take(min(count, 1 << 20))
            if not piece:
                raise truncated()
            sink(memoryview(piece))
            count -= len(piece)


class ChunkStream:
    """Chunks as a decompressor gives them; at most one is held."""

    def __init__(self, chunks: Iterator[bytes]) -> None:
        self._chunks = chunks
        self._chunk = memoryview(b"")
        self._at = 0
        self.position = 0

    def take(self, count: int) -> bytes:
        """See Stream."""
        end = self._at + count
        if end <= len(self._chunk):
            data = self._chunk[self._at : end].tobytes()
            self._at = end
            self.position += count
            return data
        pieces: list[bytes] = []
        self._pass(count, lambda piece: pieces.append(piece.tobytes()), at_end=True)
        return b"".join(pieces)

    def skip(self, count: int) -> None:
        """See Stream."""
        self._pass(count, None)

    def feed(self, count: int, sink: Sink) -> None:
        """See Stream."""
        self._pass(count, sink)

    def rest(self) -> int:
        """How many bytes of the present chunk are left."""
        return len(self._chunk) - self._at

    def _pass(self, count: int, sink: Sink | None, at_end: bool = False) -> None:
        asked = count
        while count:
            there = len(self._chunk) - self._at
            if not there:
                chunk = next(self._chunks, None)
                if chunk is None:
                    if at_end and count == asked:
                        return
                    raise truncated()
                self._chunk, self._at = memoryview(chunk), 0
                continue
            step = min(count, there)
            if sink is not None:
                sink(self._chunk[self._at : self._at + step])
            self._at += step
            self.position += step
            count -= step


def truncated() -> ImageError:
    """The error for bytes that are promised and not there."""
    return ImageError("the image archive is truncated", "save the image again")
