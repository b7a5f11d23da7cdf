"""Text whose every character knows its byte in the Dockerfile."""

from __future__ import annotations

from array import array
from bisect import bisect_right
from collections.abc import Iterable, Sequence

from jettison.dockerfile.values import Heredoc
from jettison.spans import Span


class LogicalLine:
    """Bytes put together from pieces of the source, each byte mapped back to where it came from.

    `starts[k]` is where piece k begins in `data`, `offsets[k]` where it begins in the source.
    """

    __slots__ = ("data", "offsets", "starts")

    def __init__(self, data: bytes, starts: tuple[int, ...], offsets: tuple[int, ...]) -> None:
        self.data = data
        self.starts = starts
        self.offsets = offsets

    def offset(self, index: int) -> int:
        """Byte offset in the source of byte `index`; `len(data)` gives the offset just past the last byte."""
        piece = bisect_right(self.starts, index) - 1
        return self.offsets[piece] + index - self.starts[piece]

    def span(self, start: int, end: int) -> Span:
        """The source span of bytes `start` up to `end`; no continuation after the last byte."""
        if end <= start:
            return Span(self.offset(start), self.offset(start))
        return Span(self.offset(start), self.offset(end - 1) + 1)

    def parts(self, start: int, end: int) -> list[Span]:
        """The source spans of bytes `start` up to `end`, one for every piece; empty ones left out."""
        spans = []
        stops = (*self.starts[1:], len(self.data))
        for at, stop, offset in zip(self.starts, stops, self.offsets, strict=True):
            low, high = max(at, start), min(stop, end)
            if low < high:
                spans.append(Span(offset + low - at, offset + high - at))
        return spans

    def decode(self, start: int, end: int) -> str:
        """The characters of bytes `start` up to `end`; bytes that are not UTF-8 become surrogate escapes."""
        return self.data[start:end].decode("utf-8", "surrogateescape")

    def slice(self, start: int, end: int) -> LogicalLine:
        """A part of the line, mapped as before."""
        starts, offsets = [0], [self.offset(start)]
        for at, offset in zip(self.starts, self.offsets, strict=True):
            if start < at < end:
                starts.append(at - start)
                offsets.append(offset)
        return LogicalLine(self.data[start:end], tuple(starts), tuple(offsets))


class MappedText:
    """Characters with an exact map back to the bytes of the Dockerfile."""

    __slots__ = ("_index", "_line", "text")

    def __init__(self, line: LogicalLine) -> None:
        self.text = line.decode(0, len(line.data))
        self._line = line
        self._index: array[int] | None = None

    def __len__(self) -> int:
        return len(self.text)

    def source_offset(self, index: int) -> int:
        """Byte offset in the Dockerfile of character `index`; `len(text)` gives the one just past the end."""
        return self._line.offset(self._byte(index))

    def span(self, start: int, end: int) -> Span:
        """The source span of characters `start` up to `end`, continuations after the last one left out."""
        return self._line.span(self._byte(start), self._byte(end))

    def _byte(self, index: int) -> int:
        if len(self.text) == len(self._line.data):
            return index
        if self._index is None:
            self._index = _byte_index(self.text)
        return self._index[index]


EMPTY = LogicalLine(b"", (0,), (0,))
"""The line of an instruction that has no text to show."""


def join(source: bytes, pieces: Sequence[tuple[int, int]]) -> LogicalLine:
    """The pieces of the source put together; there is at least one."""
    starts, at = [], 0
    for start, end in pieces:
        starts.append(at)
        at += end - start
    data = b"".join([source[start:end] for start, end in pieces])
    return LogicalLine(data, tuple(starts), tuple([start for start, _ in pieces]))


def heredoc_body(source: bytes, doc: Heredoc) -> LogicalLine:
    """The body of a heredoc, for `<<-` without the tabs its lines begin with."""
    if not doc.chomp:
        return join(source, (doc.body_span,))
    pieces = []
    at, end = doc.body_span
    while at < end:
        newline = source.find(b"\n", at, end)
        stop = end if newline < 0 else newline + 1
        while at < stop and source[at] == 0x09:
            at += 1
        pieces.append((at, stop))
        at = stop
    return join(source, pieces or ((end, end),))


def with_heredocs(source: bytes, line: LogicalLine, docs: Iterable[Heredoc]) -> LogicalLine:
    """A command and the heredocs it uses, as the shell gets them: for each a newline, its body, its name."""
    starts, offsets = list(line.starts), list(line.offsets)
    data = [line.data]
    at = len(line.data)
    for doc in docs:
        if source[doc.body_span.start - 1] != 0x0A:  # the file ends before the body
            break
        body = source[doc.body_span.start : doc.body_span.end]
        name = source[doc.end_span.start : doc.end_span.end].lstrip(b"\t")
        starts += (at, at + 1, at + 1 + len(body))
        offsets += (doc.body_span.start - 1, doc.body_span.start, doc.end_span.end - len(name))
        data += (b"\n", body, name)
        at += 1 + len(body) + len(name)
    return LogicalLine(b"".join(data), tuple(starts), tuple(offsets))


def _byte_index(text: str) -> array[int]:
    index = array("q", [0])
    at = 0
    for character in text:
        code = ord(character)
        at += (
            1
            if code < 0x80 or 0xDC80 <= code <= 0xDCFF
            else 2
            if code < 0x800
            else 3
            if code < 0x10000
            else 4
        )
        index.append(at)
    return index
