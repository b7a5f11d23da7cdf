"""Go's path patterns as Python predicates: those of .dockerignore and those of COPY and ADD sources.

Both languages are restated from what the builder runs: moby/patternmatcher (patternmatcher.go, `compile` and
`match`) and Go's path/filepath `Match`, `Clean`. They differ from gitignore and from `fnmatch`.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

Predicate = Callable[[str], object]
"""True-ish when a slash-separated path relative to the context matches."""

_REGEX_LOOPS = 3
_REGEX_LENGTH = 300
"""Above either, a backtracking regular expression may take minutes on a hostile pattern; states are counted
instead.
"""

_SETS = {
    "d": "0-9", "D": r"\x00-/:-\U0010ffff", "s": r"\t\n\f\r ", "S": r"\x00-\x08\x0b\x0e-\x1f!-\U0010ffff",
    "w": "0-9A-Za-z_", "W": r"\x00-/:-@\[-^`{-\U0010ffff",
}  # fmt: skip
_POSIX = {
    "alnum": "0-9A-Za-z", "alpha": "A-Za-z", "ascii": r"\x00-\x7f", "blank": r"\t ",
    "cntrl": r"\x00-\x1f\x7f",
    "digit": "0-9", "graph": "!-~", "lower": "a-z", "print": " -~", "punct": r"!-/:-@\[-`{-~",
    "space": r"\t\n\x0b\f\r ", "upper": "A-Z", "word": "0-9A-Za-z_", "xdigit": "0-9A-Fa-f",
}  # fmt: skip
_CONTROLS = {"a": "\a", "f": "\f", "n": "\n", "r": "\r", "t": "\t", "v": "\v"}
_ASSERTIONS = {"A": r"\A", "b": r"\b", "B": r"\B", "z": r"\Z", "Q": r"(?!)"}
"""Go's escapes that consume nothing. `\\Q` would quote the end anchor as well: nothing in practice matches
then.
"""

_GO_REGEX_SPECIAL = frozenset(".+()|{}$")


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


class IgnorePattern(NamedTuple):
    """A compiled ignore pattern: `kind` is exact, prefix, suffix or regex, `text` what it compares with."""

    kind: str
    text: str
    matches: Predicate


def ignore_pattern(pattern: str) -> IgnorePattern:
    """What a cleaned .dockerignore pattern (without `!`) matches, itself and not what lies below it.

    Raises BadPattern where the builder stops the build.
    """
    check_glob(pattern)
    kind, source = _go_regex(pattern)
    if kind == "exact":
        return IgnorePattern(kind, pattern, pattern.__eq__)
    if kind == "prefix":
        prefix = pattern[:-2]
        return IgnorePattern(kind, prefix, lambda path: path.startswith(prefix))
    if kind == "suffix":
        suffix = pattern[2:]
        bare = suffix[1:] if suffix.startswith("/") else None
        return IgnorePattern(kind, suffix, lambda path: path.endswith(suffix) or path == bare)
    return IgnorePattern(kind, pattern, _predicate(_atoms(source)))


def glob(pattern: str) -> Predicate:
    """Go's `filepath.Match`: `*` and `?` do not cross `/`, a class may. Raises BadPattern."""
    check_glob(pattern)
    atoms: list[_Atom] = []
    i = 0
    while i < len(pattern):
        c = pattern[i]
        if c == "[":
            i, text = _glob_class(pattern, i + 1)
            atoms.append(_Atom(text, False))
            continue
        if c == "*":
            atoms.append(_Atom("[^/]", True))
        elif c == "?":
            atoms.append(_Atom("[^/]", False))
        else:
            i += c == "\\"
            atoms.append(_Atom(_literal(pattern[i]), False))
        i += 1
    return _predicate(atoms)


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


def check_glob(pattern: str) -> None:
    """Raises BadPattern where Go's `filepath.Match` returns ErrBadPattern."""
    i = 0
    while i < len(pattern):
        c = pattern[i]
        i += 1
        if c == "\\":
            if i == len(pattern):
                raise BadPattern(f"{pattern}: a backslash at the end escapes nothing")
            i += 1
        elif c == "[":
            i, _ = _glob_class(pattern, i)


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
        ranges.append(f"{_literal(low)}-{_literal(high)}" if low <= high else "")
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


def _go_regex(pattern: str) -> tuple[str, str]:
    """How moby compares (exact, prefix, suffix, regex) and the Go regular expression it would build, without
    anchors.
    """
    kind = "exact"
    out: list[str] = []
    i = first = 0
    while i < len(pattern):
        c, start = pattern[i], i
        i += 1
        if c == "*" and pattern.startswith("*", i):
            i += 1
            i += pattern.startswith("/", i)
            if i < len(pattern):
                out.append("(.*/)?")
                kind = "regex"
            elif kind == "exact":
                kind = "prefix"
            else:
                out.append(".*")
                kind = "regex"
            if start == first:
                kind = "suffix"
        elif c == "*":
            out.append("[^/]*")
            kind = "regex"
        elif c == "?":
            out.append("[^/]")
            kind = "regex"
        elif c in _GO_REGEX_SPECIAL:
            out.append("\\" + c)
        elif c == "\\":
            out.append("\\" + pattern[i])
            i += 1
            kind = "regex"
        else:
            out.append(c)
            if c in "[]":
                kind = "regex"
    return kind, "".join(out)


class _Atom(NamedTuple):
    text: str
    """A Python regular expression for one character, or `(?:.*/)?`, or an assertion."""
    loop: bool


_DEEP = "(?:.*/)?"


def _atoms(source: str) -> list[_Atom]:
    """The Go regular expression of an ignore pattern, piece by piece, in Python's spelling. Raises
    BadPattern.
    """
    atoms: list[_Atom] = []
    i = 0
    while i < len(source):
        c = source[i]
        if source.startswith("(.*/)?", i):
            atoms.append(_Atom(_DEEP, False))
            i += 6
            continue
        if c == "[":
            i, text = _go_class(source, i + 1)
        elif c != "\\":
            i, text = i + 1, c if c in ".^" else _literal(c)
        elif source[i + 1] in _SETS:
            i, text = i + 2, f"[{_SETS[source[i + 1]]}]"
        elif source[i + 1] in _ASSERTIONS:
            i, text = i + 2, _ASSERTIONS[source[i + 1]]
        else:
            i, text = _go_escape(source, i)
            text = _literal(text)
        loop = source.startswith("*", i)
        i += loop
        atoms.append(_Atom(text, loop))
    return atoms


def _go_class(source: str, i: int) -> tuple[int, str]:
    """A bracket expression of Go's regexp syntax: the index after it and the same set for Python."""
    negated = source.startswith("^", i)
    i += negated
    start = i
    body: list[str] = []
    while i == start or not source.startswith("]", i):
        if source.startswith("[:", i) and (end := source.find(":]", i + 2)) >= 0:
            if source[i + 2 : end] not in _POSIX:
                raise BadPattern(f"{source}: there is no character class {source[i : end + 2]}")
            body.append(_POSIX[source[i + 2 : end]])
            i = end + 2
        elif source.startswith("\\", i) and source[i + 1] in _SETS:
            body.append(_SETS[source[i + 1]])
            i += 2
        else:
            i, text = _go_range(source, i)
            body.append(text)
    return i + 1, f"[{'^' if negated else ''}{''.join(body)}]"


def _go_range(source: str, i: int) -> tuple[int, str]:
    i, low = _go_class_character(source, i)
    high = low
    if source.startswith("-", i) and not source.startswith("-]", i):
        i, high = _go_class_character(source, i + 1)
    if high < low:
        raise BadPattern(f"{source}: the range {low}-{high} runs backwards")
    return i, f"{_literal(low)}-{_literal(high)}"


def _go_class_character(source: str, i: int) -> tuple[int, str]:
    if i >= len(source):
        raise BadPattern(f"{source}: the class that `[` opens is not closed")
    return _go_escape(source, i) if source[i] == "\\" else (i + 1, source[i])


def _go_escape(source: str, i: int) -> tuple[int, str]:
    """The index after the escape that starts at `i`, and the character it stands for (Go regexp/syntax)."""
    c = source[i + 1 : i + 2]
    if c in _CONTROLS:
        return i + 2, _CONTROLS[c]
    if c and c.isascii() and not c.isalnum():
        return i + 2, c
    code = re.match("x([0-9A-Fa-f]{2})|(0[0-7]{0,2}|[1-7][0-7]{1,2})", source[i + 1 :])
    if code is None:
        raise BadPattern(f"{source}: the builder does not know the escape \\{c}")
    return i + 1 + code.end(), chr(int(code[1], 16) if code[1] else int(code[2], 8))


def _literal(c: str) -> str:
    return c if c.isalnum() or c in "_/" else f"\\u{ord(c):04x}" if ord(c) < 0x10000 else f"\\U{ord(c):08x}"


def _predicate(atoms: list[_Atom]) -> Predicate:
    match = re.compile("".join(a.text + "*" * a.loop for a in atoms) + r"\Z", re.ASCII).match
    loops = sum(a.loop or a.text == _DEEP for a in atoms)
    if loops <= 1 or any(a.text == "^" or a.text in _ASSERTIONS.values() for a in atoms):
        return match
    states = _States(atoms)
    if loops > _REGEX_LOOPS:
        return states.match
    return lambda path: match(path) if len(path) <= _REGEX_LENGTH else states.match(path)


class _States:
    """The same language without backtracking: one bit per atom that may come next, linear in the path's
    length.
    """

    def __init__(self, atoms: list[_Atom]) -> None:
        self._tests = [re.compile("." if a.text == _DEEP else a.text, re.ASCII).match for a in atoms]
        self._loops = sum(a.loop << i for i, a in enumerate(atoms))
        self._deep = sum((a.text == _DEEP) << i for i, a in enumerate(atoms))
        self._end = 1 << len(atoms)
        self._rows: dict[str, int] = {}

    def match(self, path: str) -> bool:
        now, inside = self._skip(1), 0
        for c in path:
            row = self._rows.get(c)
            if row is None:
                row = self._rows[c] = sum((test(c) is not None) << i for i, test in enumerate(self._tests))
            inside = (now | inside) & self._deep & row
            taken = now & row & ~self._deep
            stay = taken & self._loops
            now = self._skip(stay | ((taken ^ stay) << 1) | (inside << 1 if c == "/" else 0))
            if not now and not inside:
                return False
        return bool(now & self._end)

    def _skip(self, now: int) -> int:
        """With every atom that may also match nothing stepped over."""
        free = self._loops | self._deep
        while (wider := now | ((now & free) << 1)) != now:
            now = wider
        return now
