"""Layers are gzip, zstd or plain: told by their first bytes, decompressed in bounded pieces."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Protocol

from jettison.errors import ImageError
from jettison.image.stream import truncated

PIECE = 1 << 20
"""At most this much comes out at once, whatever the ratio: a bomb costs time, not memory."""


class _Decompressor(Protocol):
    eof: bool
    unused_data: bytes

    def decompress(self, data: bytes, max_length: int = -1) -> bytes: ...


def is_compressed(head: bytes) -> bool:
    """True when a blob that begins with `head` is gzip or zstd."""
    return _kind(head) != "plain"


def decompressed(chunks: Iterator[bytes]) -> Iterator[bytes]:
    """The bytes behind a blob's `chunks`. Raises ImageError for damage and truncation."""
    first = next(chunks, b"")
    while len(first) < 4 and (more := next(chunks, b"")):
        first += more
    kind = _kind(first)
    if kind == "plain":
        return _chain(first, chunks)
    return _inflated(kind, _chain(first, chunks))


def _kind(head: bytes) -> str:
    if head.startswith(b"\x1f\x8b"):
        return "gzip"
    # RFC 8878: a frame, or a skippable frame (0x184D2A50 to 0x184D2A5F) as zstd:chunked writers put first
    if head.startswith(b"\x28\xb5\x2f\xfd") or (head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50):
        return "zstd"
    return "plain"


def _chain(first: bytes, rest: Iterator[bytes]) -> Iterator[bytes]:
    if first:
        yield first
    yield from rest


def _inflated(kind: str, chunks: Iterator[bytes]) -> Iterator[bytes]:
    """Any number of members one after the other, as both formats allow; zero padding after a gzip member is
    passed.
    """
    tool = _decompressor(kind)
    fresh = True
    for chunk in chunks:
        data = chunk
        while data:
            if tool.eof:
                data = data.lstrip(b"\0") if kind == "gzip" else data
                if not data:
                    break
                tool, fresh = _decompressor(kind), True
            try:
                yield from _pieces(tool, data)
            except ImageError:
                raise
            except Exception as error:  # every library has its own class
                raise ImageError(f"a layer's {kind} data is damaged: {error}") from None
            fresh = False
            data = tool.unused_data if tool.eof else b""
    if not (tool.eof or fresh):
        raise truncated()


def _pieces(tool: _Decompressor, data: bytes) -> Iterator[bytes]:
    out = tool.decompress(data, PIECE)
    while out:
        yield out
        if tool.eof:
            return
        tail = getattr(tool, "unconsumed_tail", b"")
        if len(out) < PIECE and not tail:
            return
        out = tool.decompress(tail, PIECE)


def _decompressor(kind: str) -> _Decompressor:
    if kind == "zstd":
        return _zstd()
    library: Any
    try:
        from isal import isal_zlib as library
    except ImportError:
        import zlib as library
    tool: _Decompressor = library.decompressobj(wbits=31)
    return tool


def _zstd() -> _Decompressor:
    from importlib import import_module

    # the standard library has it from Python 3.14
    for name in ("compression.zstd", "backports.zstd"):
        try:
            tool: _Decompressor = import_module(name).ZstdDecompressor()
        except ImportError:
            continue
        return tool
    raise ImageError(
        "the image has zstd layers and this Python cannot read them", "pip install backports.zstd"
    )
