"""The regular expressions that moby builds from ignore patterns, in Go's syntax, as Python predicates.

Restated from Go's regexp/syntax: classes, escapes and repetitions mean what they mean there. No path makes a
predicate slow: where backtracking could, states are counted instead.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from jettison.context.gopath import BadPattern, Predicate, literal

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


class Atom(NamedTuple):
    """A piece of a Python regular expression; `plain` when it stands for exactly one character, or more in a
    loop.
    """

    text: str
    plain: bool = True
    loop: bool = False


_DEEP = Atom("(?:.*/)?", False)
_END = Atom(r"\Z", False)


def atoms(source: str) -> list[Atom]:
    """The Go regular expression of an ignore pattern, piece by piece, in Python's spelling. Raises
    BadPattern.
    """
    pieces: list[Atom] = []
    i = 0
    while i < len(source):
        if source.startswith("(.*/)?", i):
            pieces.append(_DEEP)
            i += 6
        elif source.startswith("$", i):
            pieces.append(_END)
            i += 1
        elif source.startswith("\\Q", i):
            quoted, _, _ = source[i + 2 :].partition("\\E")
            pieces += [Atom(literal(c)) for c in quoted]
            i += len(quoted) + 4
        elif repeat := _repeat(source, i):
            if not pieces or pieces[-1].loop or not pieces[-1].plain:
                raise BadPattern(f"{source}: {repeat} repeats nothing")
            pieces[-1] = Atom(pieces[-1].text + repeat, False)
            i += len(repeat)
        else:
            i, text, plain = _go_one(source, i)
            loop = source.startswith("*", i)
            i += loop
            pieces.append(Atom(text, plain, loop))
    return pieces


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


def predicate(pieces: list[Atom]) -> Predicate:
    """Says of a path whether the pieces, from the start of it, match."""
    regex = re.compile(r"\A" + "".join(a.text + "*" * a.loop for a in pieces), re.ASCII)
    find = regex.match if all(atom.text != "|" for atom in pieces) else regex.search
    loops = sum(atom.loop or atom is _DEEP for atom in pieces)
    body = pieces[:-1]
    if loops <= 1 or pieces[-1] is not _END or not all(atom.plain or atom is _DEEP for atom in body):
        return find
    states = States(body)
    if loops > _REGEX_LOOPS:
        return states.match
    return lambda path: find(path) if len(path) <= _REGEX_LENGTH else states.match(path)


class States:
    """The same language without backtracking: one bit per atom that may come next, linear in the path's
    length.
    """

    def __init__(self, pieces: list[Atom]) -> None:
        self._tests = [re.compile("." if a is _DEEP else a.text, re.ASCII).match for a in pieces]
        self._loops = sum(a.loop << i for i, a in enumerate(pieces))
        self._deep = sum((a is _DEEP) << i for i, a in enumerate(pieces))
        self._end = 1 << len(pieces)
        self._rows: dict[str, int] = {}

    def match(self, path: str) -> bool:
        """True when the whole path is of the language."""
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
