"""Which words of a logical line open a heredoc, and what they say about its body.

Source: BuildKit `frontend/dockerfile/parser/parser.go` (heredocsFromLine, heredocFromMatch). A blank between
`<<` and the name is allowed since BuildKit 0.22 (commit 0b77373ab, May 2025).
"""

from __future__ import annotations

import re
from typing import NamedTuple

from jettison.dockerfile.lexer import ExpansionError, Lexer

_MARKER = re.compile(r"([0-9]*)<<(-?)([\t\n\f\r ]*)([^<]*)")
_PLAIN_NAME = re.compile(r"[A-Za-z0-9_.-]+")


class Opening(NamedTuple):
    """A word that opens a heredoc: `start` and `end` are character offsets into the logical line."""

    name: str
    fd: int
    chomp: bool
    expand: bool
    spaced: bool
    start: int
    end: int


def find_openings(line: str) -> list[Opening]:
    """The heredocs a logical line of RUN, COPY or ADD opens, in order; none when its quotes do not match."""
    lexer = Lexer(line, {}, raw_quotes=True, raw_escapes=True, keep_unset=True)
    try:
        words = lexer.words()
    except ExpansionError:
        return []
    found: list[Opening] = []
    for word, start, end in words:
        if "<<" in word and (opening := read_marker(word, start, end)):
            found.append(opening)
    return found


def read_marker(word: str, start: int = 0, end: int = 0) -> Opening | None:
    """What a word like `3<<-"EOF"` opens; None when it opens nothing."""
    match = _MARKER.fullmatch(word)
    if match is None or not match[4]:
        return None
    fd, chomp, spaced = int(match[1][-18:] or 0), match[2] == "-", bool(match[3])
    if _PLAIN_NAME.fullmatch(match[4]):
        return Opening(match[4], fd, chomp, True, spaced, start, end)
    try:
        plain = Lexer(match[4], {}, keep_unset=True).words()
        raw = Lexer(match[4], {}, keep_unset=True, raw_quotes=True).words()
    except ExpansionError:
        return None
    if len(plain) != 1 or len(raw) != 1:
        return None
    name = plain[0][0]
    expand = _quotes(name) == _quotes(raw[0][0])
    return Opening(name, fd, chomp, expand, spaced, start, end)


def terminator(name: str) -> bytes:
    """The line that ends the body: BuildKit reads bytes that are not UTF-8 in a name as U+FFFD."""
    return re.sub("[\udc80-\udcff]", "\ufffd", name).encode("utf-8", "surrogatepass")


def _quotes(text: str) -> int:
    return text.count("'") + text.count('"')
