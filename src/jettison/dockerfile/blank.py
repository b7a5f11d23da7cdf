"""White space as Go's `unicode.IsSpace` has it (bytes of UTF-8), and the smaller set that separates words.

Source: BuildKit `frontend/dockerfile/parser`, which trims with `unicode.IsSpace` and splits with
`[\\t\\v\\f\\r ]+`.
"""

from __future__ import annotations

import re

ASCII = b"\t\n\v\f\r "
PATTERN = (
    rb"(?:[\t\n\v\f\r ]|\xc2[\x85\xa0]|\xe1\x9a\x80|\xe2\x80[\x80-\x8a\xa8\xa9\xaf]"
    rb"|\xe2\x81\x9f|\xe3\x80\x80)"
)
"""One blank character, as a pattern over bytes."""
CHARACTERS = frozenset(
    "\t\n\v\f\r \x85\xa0\u1680\u2028\u2029\u202f\u205f\u3000" + "".join(map(chr, range(0x2000, 0x200B)))
)
"""The same blanks as characters."""

_RUN = re.compile(rb"(?:[\t\n\v\f\r ]++|" + PATTERN + rb")*+")
_ONE = re.compile(PATTERN)
_LAST_BYTES = frozenset(b"\x80\x81\x82\x83\x84\x85\x86\x87\x88\x89\x8a\xa0\xa8\xa9\xaf\x9f")
_CHUNK = 256


def skip(data: bytes, start: int, end: int) -> int:
    """The first offset from `start` on, at most `end`, that is not blank."""
    found = _RUN.match(data, start, end)
    return found.end() if found else start


def trim(data: bytes, start: int, end: int) -> int:
    """The offset just past the last byte before `end`, at least `start`, that is not blank."""
    while end > start:
        chunk = data[max(start, end - _CHUNK) : end]
        kept = len(chunk.rstrip(ASCII))
        if kept < len(chunk):
            end -= len(chunk) - kept
        elif data[end - 1] not in _LAST_BYTES:
            break
        elif _ONE.fullmatch(data, max(start, end - 2), end):
            end -= 2
        elif _ONE.fullmatch(data, max(start, end - 3), end):
            end -= 3
        else:
            break
    return end
