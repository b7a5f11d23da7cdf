"""Byte spans of a Dockerfile, and edits on them. Bytes outside an edit never change."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple


class Span(NamedTuple):
    """Half-open range of byte offsets, `start` up to but not including `end`."""

    start: int
    end: int

    def contains(self, other: Span) -> bool:
        """True when `other` lies wholly inside this span."""
        return self.start <= other.start and other.end <= self.end

    def overlaps(self, other: Span) -> bool:
        """True when both share a byte, or when an empty span lies strictly inside the other."""
        return self.start < other.end and other.start < self.end


class Edit(NamedTuple):
    """Replace the bytes of `span` by `new`; an empty span inserts, empty `new` deletes."""

    span: Span
    new: bytes


class OverlappingEdits(ValueError):
    """Two edits want the same bytes; applying both would be a guess."""


def apply(source: bytes, edits: Iterable[Edit]) -> bytes:
    """The source with every edit applied, in any order given; several insertions at one place keep the order
    given.

    Raises OverlappingEdits, and ValueError for a span outside the source.
    """
    pieces: list[bytes] = []
    done = 0
    previous: Edit | None = None
    for edit in sorted(edits, key=lambda e: (e.span.start, e.span.end)):
        start, end = edit.span
        if not 0 <= start <= end <= len(source):
            raise ValueError(f"edit {start}:{end} lies outside the {len(source)} bytes of the source")
        if start < done:
            raise OverlappingEdits(f"edits overlap at byte {start}: {previous!r} and {edit!r}")
        pieces += (source[done:start], edit.new)
        done, previous = end, edit
    pieces.append(source[done:])
    return b"".join(pieces)
