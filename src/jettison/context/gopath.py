"""Go's path functions, which the builder uses on what stands in a Dockerfile: `path.Clean` and
`filepath.Match`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

Predicate = Callable[[str], object]
"""True-ish when a slash-separated path relative to the context matches."""


class BadPattern(ValueError):
    """The builder refuses this pattern ("syntax error in pattern") and with it the whole build."""


def clean(path: str) -> str:
    """Go's `path.Clean`: the shortest equal path; `.` for an empty one. Unlike os.path.normpath, `//a` is
    `/a`.
    """
    rooted = path.startswith("/")
    parts: list[str] = []
    for part in path.split("/"):
        if part in ("", "."):
            continue
        if part != "..":
            parts.append(part)
        elif parts and parts[-1] != "..":
            parts.pop()
        elif not rooted:
            parts.append("..")
    return ("/" if rooted else "") + "/".join(parts) or "."


def glob(pattern: str) -> Predicate:
    """Go's `filepath.Match`: `*` and `?` stop at `/`, a class does not; a malformed one matches nothing."""
    chunks = _chunks(pattern)

    def matches(path: str) -> bool:
        try:
            return _go_match(chunks, path)
        except BadPattern:
            return False

    return matches


def syntax_check(pattern: str) -> None:
    """Raises BadPattern where moby's patternmatcher.New finds a pattern malformed: it tries to match `.` with
    it.
    """
    if "[" in pattern or "\\" in pattern:
        _go_match(_chunks(pattern), ".")


def has_wildcard(pattern: str) -> bool:
    """True when the builder looks for matches of a COPY source instead of taking it as a path (fsutil,
    copy.go).
    """
    escaped = False
    for c in pattern:
        if escaped:
            escaped = False
        elif c == "\\":
            escaped = True
        elif c in "*?[":
            return True
    return False


def literal(c: str) -> str:
    """The character as a Python regular expression, inside and outside of a class."""
    return c if c.isalnum() or c in "_/" else f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"


class _Chunk(NamedTuple):
    """A piece of a glob between stars, of fixed length; `regex` is None when it is malformed."""

    star: bool
    regex: re.Pattern[str] | None
    source: str


def _chunks(pattern: str) -> list[_Chunk]:
    chunks: list[_Chunk] = []
    i = 0
    while i < len(pattern):
        start, star = i, pattern[i] == "*"
        while pattern.startswith("*", i):
            i += 1
        text: list[str] = []
        try:
            while i < len(pattern) and pattern[i] != "*":
                i, one = _glob_one(pattern, i)
                text.append(one)
        except BadPattern:
            return [*chunks, _Chunk(star, None, pattern[start:])]
        chunks.append(_Chunk(star, re.compile("".join(text)), pattern[start:i]))
    return chunks


def _go_match(chunks: list[_Chunk], name: str) -> bool:
    """Go's own search: each piece at its leftmost place, never taken back. Raises BadPattern only when it
    gets there.
    """
    at = 0
    for number, (star, regex, source) in enumerate(chunks, 1):
        if regex is None:
            raise BadPattern(f"{source}: `[` or a backslash is not closed")
        last = number == len(chunks)
        if star and not regex.pattern:
            return "/" not in name[at:]
        found = regex.match(name, at)
        while found is None or (last and found.end() < len(name)):
            if not star or at >= len(name) or name[at] == "/":
                return False
            at += 1
            found = regex.match(name, at)
        at = found.end()
    return at == len(name)


def _glob_one(pattern: str, i: int) -> tuple[int, str]:
    """The index after what stands for one character at `i`, and the same as a Python regular expression."""
    c = pattern[i]
    if c == "[":
        return _glob_class(pattern, i + 1)
    if c == "\\" and i + 1 == len(pattern):
        raise BadPattern(f"{pattern}: a backslash at the end escapes nothing")
    if c == "\\":
        return i + 2, literal(pattern[i + 1])
    return i + 1, "[^/]" if c == "?" else literal(c)


def _glob_class(pattern: str, i: int) -> tuple[int, str]:
    """The index after the class that opens before `i`, and the class as a Python regular expression."""
    negated = pattern.startswith("^", i)
    i += negated
    ranges: list[str] = []
    while not (ranges and pattern.startswith("]", i)):
        i, low = _class_character(pattern, i)
        high = low
        if pattern.startswith("-", i):
            i, high = _class_character(pattern, i + 1)
        ranges.append(f"{literal(low)}-{literal(high)}" if low <= high else "")
    body = "".join(ranges)
    if not body:
        return i + 1, r"[\s\S]" if negated else r"[^\s\S]"
    return i + 1, f"[{'^' if negated else ''}{body}]"


def _class_character(pattern: str, i: int) -> tuple[int, str]:
    if i < len(pattern) and pattern[i] == "\\":
        i += 1
    elif i < len(pattern) and pattern[i] in "-]":
        raise BadPattern(f"{pattern}: `{pattern[i]}` stands where a character of the class should be")
    if i >= len(pattern) or i + 1 >= len(pattern):
        raise BadPattern(f"{pattern}: the class that `[` opens is not closed")
    return i + 1, pattern[i]
