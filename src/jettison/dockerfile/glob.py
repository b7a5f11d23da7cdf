"""The patterns of `${name#pattern}` and `${name/pattern/text}`: `*`, `?` and literal characters.

`*` and `?` do not match a newline, and a pattern has no bracket expressions; both as in BuildKit
(`frontend/dockerfile/shell/lex.go`). Matching takes time in proportion to text times pattern, whatever they
are.
"""

from __future__ import annotations

import re

ANY, ONE = "*", "?"
Glob = tuple[tuple[str, bool], ...]
"""Pairs of a character and whether it is a wildcard."""


def read(pattern: str) -> Glob:
    """The pattern as pairs; raises ValueError for a backslash before another character than `* ? \\ / }`."""
    tokens: list[tuple[str, bool]] = []
    characters = iter(pattern)
    for character in characters:
        if character != "\\":
            tokens.append((character, character in "*?"))
            continue
        escaped = next(characters, "")
        if escaped not in ("*", "?", "\\", "/", "}"):
            raise ValueError(f"invalid escape '\\{escaped}'")
        tokens.append((escaped, False))
    return tuple(tokens)


def reverse(pattern: str) -> str:
    """The pattern for the reversed text; a backslash stays before what it escapes."""
    return "".join(reversed(re.findall(r"(?s)\\.|.", pattern)))


def match_end(text: str, pattern: Glob, start: int, longest: bool) -> int | None:
    """Where the longest or shortest match that begins at `start` ends; None when there is none."""
    ends = {start}
    for character, wild in pattern:
        if wild and character == ANY:
            ends = _spread(text, ends)
        else:
            ends = {
                end + 1
                for end in ends
                if end < len(text) and (text[end] == character if not wild else text[end] != "\n")
            }
        if not ends:
            return None
    return max(ends) if longest else min(ends)


def replace(text: str, pattern: Glob, new: str, everywhere: bool) -> str:
    """The text with the first match, or every one, replaced by `new`; a match is the longest there is."""
    pieces: list[str] = []
    at = copied = 0
    while at <= len(text):
        end = match_end(text, pattern, at, True)
        if end is None or (end == at == copied and pieces):
            at += 1
            continue
        pieces += (text[copied:at], new)
        copied = end
        at = max(end, at + 1) if end == at else end
        if not everywhere:
            break
    return "".join(pieces) + text[copied:]


def _spread(text: str, ends: set[int]) -> set[int]:
    reached: set[int] = set()
    for end in sorted(ends):
        while end not in reached:
            reached.add(end)
            if end >= len(text) or text[end] == "\n":
                break
            end += 1
    return reached
