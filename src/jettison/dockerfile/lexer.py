"""One word of a Dockerfile argument, read as BuildKit reads it: quotes, escapes, `$name`, `${name...}`.

Source: BuildKit `frontend/dockerfile/shell/lex.go`. Three limits are ours, against hostile input:
results above 1 MiB, substitutions nested more than 100 deep, and patterns on very long values are errors.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from itertools import takewhile

from jettison.dockerfile import blank, glob

LIMIT = 1 << 20
_DEPTH = 100
_COST = 10_000_000
_ASCII_NAME = frozenset("@*#?-$!_")
_NAME = re.compile(r"[@*#?\-$!]|\d+|\w+")
_WHOLE = re.compile(r"(?s)(.+)")
_BLANKS = re.escape("".join(sorted(blank.CHARACTERS)))

_Piece = tuple[str, int, bool]
"""Text, where it comes from in the source, and whether blanks in it end a word."""


class ExpansionError(ValueError):
    """The word is malformed, or asks for a variable with `:?` that is not set."""


class Lexer:
    """One pass over one word. `raw_quotes` and `raw_escapes` keep them in the result, `keep_unset` leaves
    references to unset names as written."""

    __slots__ = (
        "_at", "_depth", "_escape", "_keep_unset", "_lookup", "_raw_escapes", "_raw_quotes", "_source",
        "missing",
    )  # fmt: skip

    def __init__(
        self,
        source: str,
        lookup: Mapping[str, str | None],
        escape: str = "\\",
        *,
        raw_quotes: bool = False,
        raw_escapes: bool = False,
        keep_unset: bool = False,
    ) -> None:
        self._source = source
        self._lookup = lookup
        self._escape = escape
        self._raw_quotes = raw_quotes
        self._raw_escapes = raw_escapes
        self._keep_unset = keep_unset
        self._at = 1 if source.startswith("\ufeff") else 0
        self._depth = 0
        self.missing: dict[str, None] = {}

    def text(self) -> str:
        """The whole word expanded. Raises ExpansionError."""
        return "".join([text for text, _, _ in self._pieces("", self._raw_escapes)])

    def words(self) -> list[tuple[str, int, int]]:
        """The words of the expanded text with where they stand in the source. Raises ExpansionError."""
        words: list[tuple[str, int, int]] = []
        parts: list[str] = []
        begin = 0
        for piece, start, splits in [*self._pieces("", self._raw_escapes), (" ", len(self._source), True)]:
            bits = _bits().finditer(piece) if splits else _WHOLE.finditer(piece)
            for bit in bits:
                if bit[1]:
                    begin = begin if parts else start + bit.start()
                    parts.append(bit[1])
                elif parts:
                    words.append(("".join(parts), begin, start + bit.start()))
                    parts = []
        return words

    def _peek(self) -> str:
        return self._source[self._at : self._at + 1]

    def _next(self) -> str:
        character = self._source[self._at : self._at + 1]
        self._at += 1
        return character

    def _nested(self, stop: str, raw_escapes: bool) -> str:
        """The text up to `stop` inside `${...}`."""
        if self._depth >= _DEPTH:
            raise ExpansionError("substitutions nested too deep")
        self._depth += 1
        before, self._raw_escapes = self._raw_escapes, raw_escapes
        try:
            return "".join([text for text, _, _ in self._pieces(stop, raw_escapes)])
        finally:
            self._raw_escapes = before
            self._depth -= 1

    def _pieces(self, stop: str, raw_escapes: bool) -> list[_Piece]:
        pieces: list[_Piece] = []
        size = 0
        ordinary = _ordinary(self._escape)
        while self._at < len(self._source):
            start = self._at
            if run := ordinary.match(self._source, start):
                self._at = run.end()
                pieces.append((run.group(), start, False))
            elif self._source[start] == stop:
                self._at += 1
                return pieces
            else:
                pieces.append(self._special(self._source[start], start, raw_escapes))
            size += len(pieces[-1][0])
            if size > LIMIT + len(self._source):
                raise ExpansionError("the expanded value is longer than 1 MiB")
        if stop:
            raise ExpansionError(f"unexpected end of statement while looking for matching {stop}")
        return pieces

    def _special(self, character: str, start: int, raw_escapes: bool) -> _Piece:
        if character == "$":
            return self._dollar(), start, True
        if character == "'":
            return self._single_quoted(), start, False
        if character == '"':
            return self._double_quoted(), start, False
        if character == "<":
            return self._angle(), start, False
        self._at += 1
        if character == self._escape:
            return (character if raw_escapes else "") + self._next(), start, False
        return character, start, True

    def _angle(self) -> str:
        self._at += 1
        if self._peek() != "<":
            return "<"
        self._at += 1
        start = self._at
        while self._peek() in ("\t", "\r", " "):
            self._at += 1
        return "<<" + self._source[start : self._at]

    def _single_quoted(self) -> str:
        end = self._source.find("'", self._at + 1)
        if end < 0:
            raise ExpansionError("unexpected end of statement while looking for matching single-quote")
        start, self._at = self._at, end + 1
        return self._source[start : end + 1] if self._raw_quotes else self._source[start + 1 : end]

    def _double_quoted(self) -> str:
        quote = self._next() if self._raw_quotes else self._next()[:0]
        result = [quote]
        inside = _double_run(self._escape)
        while character := self._peek():
            if run := inside.match(self._source, self._at):
                self._at = run.end()
                result.append(run.group())
            elif character == '"':
                self._at += 1
                return "".join(result) + quote
            elif character == "$":
                result.append(self._dollar())
            else:
                result.append(self._escaped_in_quotes())
        raise ExpansionError("unexpected end of statement while looking for matching double-quote")

    def _escaped_in_quotes(self) -> str:
        character = self._next()
        kept = character if self._raw_escapes else ""
        following = self._peek()
        if not following:
            return kept
        if following in ('"', "$", self._escape):
            self._at += 1
            return kept + following
        return kept + character

    def _dollar(self) -> str:
        self._at += 1
        if self._peek() != "{":
            name = self._name()
            if not name:
                return "$"
            value = self._get(name)
            if value is None:
                return "$" + name if self._keep_unset else ""
            return value
        self._at += 1
        following = self._peek()
        if not following:
            raise ExpansionError("syntax error: missing '}'")
        if following in "{}:":
            raise ExpansionError("syntax error: bad substitution")
        name = self._name()
        operator = self._next()
        if operator == "}":
            value = self._get(name)
            if value is None:
                return f"${{{name}}}" if self._keep_unset else ""
            return value
        if operator == "/":
            return self._replace(name)
        if operator in (":", "+", "-", "?", "#", "%"):
            return self._modified(name, operator)
        raise ExpansionError(f"unsupported modifier ({operator}) in substitution")

    def _modified(self, name: str, operator: str) -> str:
        colon = operator == ":"
        if colon:
            operator = self._next()
        trims = operator in ("#", "%")
        marks = ":" * colon + operator
        if colon and trims:
            raise ExpansionError(f"unsupported modifier ({marks}) in substitution")
        word = self._operand("}", trims, "missing '}'")
        value = self._get(name)
        if value is None and self._keep_unset:
            return f"${{{name}{marks}{word}}}"
        absent = value is None or (colon and not value)
        if operator == "-":
            return word if absent else value or ""
        if operator == "+":
            return "" if absent else word
        if operator == "?":
            if absent:
                state = "unset" if value is None else "empty"
                raise ExpansionError(f"{name}: {word or f'is not allowed to be {state}'}")
            return value or ""
        if trims:
            return _trim(value or "", word, operator)
        raise ExpansionError(f"unsupported modifier ({marks}) in substitution")

    def _replace(self, name: str) -> str:
        everywhere = self._peek() == "/"
        if everywhere:
            self._at += 1
        pattern = self._operand("/", True, "missing '/' in ${}")
        replacement = self._operand("}", True, "missing '}'")
        value = self._get(name)
        if value is None and self._keep_unset:
            return f"${{{name}/{pattern}/{replacement}}}"
        tokens = _pattern(pattern)
        if len(value or "") ** 2 * len(tokens) > _COST:
            raise ExpansionError("the value is too long for a pattern")
        return glob.replace(value or "", tokens, replacement, everywhere)

    def _operand(self, stop: str, raw_escapes: bool, missing: str) -> str:
        try:
            return self._nested(stop, raw_escapes)
        except ExpansionError:
            if self._at >= len(self._source):
                raise ExpansionError(f"syntax error: {missing}") from None
            raise

    def _name(self) -> str:
        found = _NAME.match(self._source, self._at)
        if found is None:
            return ""
        name = found.group()
        if not name.isascii():
            name = "".join(takewhile(_in_name, name))
        self._at += len(name)
        return name

    def _get(self, name: str) -> str | None:
        value = self._lookup.get(name)
        if value is None:
            self.missing[name] = None
        return value


@cache
def _ordinary(escape: str) -> re.Pattern[str]:
    return re.compile("[^$'\"</}" + re.escape(escape) + _BLANKS + "]+")


@cache
def _bits() -> re.Pattern[str]:
    return re.compile(f"([^{_BLANKS}]+)|[{_BLANKS}]+")


def _in_name(character: str) -> bool:
    return character.isalpha() or character.isdecimal() or character in _ASCII_NAME


@cache
def _double_run(escape: str) -> re.Pattern[str]:
    return re.compile('[^"$' + re.escape(escape) + "]+")


def _pattern(pattern: str) -> glob.Glob:
    try:
        return glob.read(pattern)
    except ValueError as error:
        raise ExpansionError(f"invalid pattern ({pattern}) in substitution: {error}") from None


def _trim(value: str, pattern: str, operator: str) -> str:
    longest = pattern.startswith(operator)
    pattern = pattern[longest:]
    if operator == "#":
        end = glob.match_end(value, _pattern(pattern), 0, longest)
        return value if end is None else value[end:]
    end = glob.match_end(value[::-1], _pattern(glob.reverse(pattern)), 0, longest)
    return value if end is None else value[: len(value) - end]
