"""Patterns of `.dockerignore` as Python predicates, exactly as moby/patternmatcher compiles and matches them.

Restated from its patternmatcher.go (`New`, `compile`, `match`) and Go's regexp/syntax; quirks are kept on
purpose, because what the builder does is what counts.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from jettison.context.gopath import BadPattern, Predicate, literal, syntax_check

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
_ASSERTIONS = {"A": r"\A", "b": r"\b", "B": r"\B", "z": r"\Z"}
_PLAIN = frozenset("*?[]\\|{}^/")
_ESCAPED = frozenset(".+()$")
"""What moby escapes in its regular expression. It means to escape `|`, `{` and `}` too, but its table is a
byte wide (`escapeBytes`): in a pattern with a wildcard `a|b` is a choice and `a{2}` a repetition.
"""


class IgnorePattern(NamedTuple):
    """A compiled ignore pattern: `kind` is exact, prefix, suffix, regex or, for `**/*TEXT`, ending; `text` is
    what it compares with.
    """

    kind: str
    text: str
    matches: Predicate


@lru_cache(4096)
def ignore_pattern(pattern: str) -> IgnorePattern:
    """What a cleaned .dockerignore pattern (without `!`) matches, itself and not what lies below it.

    Raises BadPattern where the builder stops the build.
    """
    syntax_check(pattern)
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
    tail = pattern.removeprefix("**/*")
    if tail != pattern and _PLAIN.isdisjoint(tail):
        return IgnorePattern("ending", tail, _ends_in(tail))
    return IgnorePattern(kind, pattern, _predicate(_atoms(source)))


def _ends_in(tail: str) -> Predicate:
    """What `^(.*/)?[^/]*TAIL$` matches: Go's `.` takes no newline, so none may stand in the folders."""
    return lambda path: path.endswith(tail) and "\n" not in path[: path.rfind("/") + 1]


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
        elif c in _ESCAPED:
            out.append("\\" + c)
        elif c == "\\":
            out.append("\\" + pattern[i : i + 1])
            if i < len(pattern):
                kind = "regex"
            i += 1
        else:
            out.append(c)
            if c in "[]":
                kind = "regex"
    return kind, "".join(out) + "$"


class _Atom(NamedTuple):
    """A piece of a Python regular expression; `plain` when it stands for exactly one character, or more in a
    loop.
    """

    text: str
    plain: bool = True
    loop: bool = False


_DEEP = _Atom("(?:.*/)?", False)
_END = _Atom(r"\Z", False)


def _atoms(source: str) -> list[_Atom]:
    """The Go regular expression of an ignore pattern, piece by piece, in Python's spelling. Raises
    BadPattern.
    """
    atoms: list[_Atom] = []
    i = 0
    while i < len(source):
        if source.startswith("(.*/)?", i):
            atoms.append(_DEEP)
            i += 6
        elif source.startswith("$", i):
            atoms.append(_END)
            i += 1
        elif source.startswith("\\Q", i):
            quoted, _, _ = source[i + 2 :].partition("\\E")
            atoms += [_Atom(literal(c)) for c in quoted]
            i += len(quoted) + 4
        elif repeat := _repeat(source, i):
            if not atoms or atoms[-1].loop or not atoms[-1].plain:
                raise BadPattern(f"{source}: {repeat} repeats nothing")
            atoms[-1] = _Atom(atoms[-1].text + repeat, False)
            i += len(repeat)
        else:
            i, text, plain = _go_one(source, i)
            loop = source.startswith("*", i)
            i += loop
            atoms.append(_Atom(text, plain, loop))
    return atoms


def _repeat(source: str, i: int) -> str:
    """A counted repetition at `i`, "" when the brace there is only a brace (Go's regexp/syntax,
    `parseRepeat`).
    """
    found = re.compile(r"\{(0|[1-9]\d{0,7})(,(0|[1-9]\d{0,7})?)?\}").match(source, i)
    if found is None:
        return ""
    low, high = int(found[1]), int(found[3] or found[1])
    if high > 1000 or low > 1000 or high < low:
        raise BadPattern(f"{source}: {found[0]} is no repetition that the builder accepts")
    return found[0]


def _go_one(source: str, i: int) -> tuple[int, str, bool]:
    c = source[i]
    if c == "[":
        return *_go_class(source, i + 1), True
    if c in ".^|":
        return i + 1, c, c == "."
    if c != "\\":
        return i + 1, literal(c), True
    c = source[i + 1]
    if c in _SETS:
        return i + 2, f"[{_SETS[c]}]", True
    if c in _ASSERTIONS:
        return i + 2, _ASSERTIONS[c], False
    i, one = _go_escape(source, i)
    return i, literal(one), True


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
    return i, f"{literal(low)}-{literal(high)}"


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


def _predicate(atoms: list[_Atom]) -> Predicate:
    regex = re.compile(r"\A" + "".join(a.text + "*" * a.loop for a in atoms), re.ASCII)
    find = regex.match if all(atom.text != "|" for atom in atoms) else regex.search
    loops = sum(atom.loop or atom is _DEEP for atom in atoms)
    body = atoms[:-1]
    if loops <= 1 or atoms[-1] is not _END or not all(atom.plain or atom is _DEEP for atom in body):
        return find
    states = _States(body)
    if loops > _REGEX_LOOPS:
        return states.match
    return lambda path: find(path) if len(path) <= _REGEX_LENGTH else states.match(path)


class _States:
    """The same language without backtracking: one bit per atom that may come next, linear in the path's
    length.
    """

    def __init__(self, atoms: list[_Atom]) -> None:
        self._tests = [re.compile("." if a is _DEEP else a.text, re.ASCII).match for a in atoms]
        self._loops = sum(a.loop << i for i, a in enumerate(atoms))
        self._deep = sum((a is _DEEP) << i for i, a in enumerate(atoms))
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
