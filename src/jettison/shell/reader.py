"""The words, redirections and assignments of one simple command, read off its syntax node."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from jettison.shell.grammar import PLAIN_WORDS, Misread
from jettison.shell.script import Mapped, Redirect, ShellWord
from jettison.shell.structure import Element
from jettison.shell.words import holds_blank, unquote
from jettison.spans import Span

if TYPE_CHECKING:
    from tree_sitter import Node

_ASSIGNMENTS = frozenset(("variable_assignment", "variable_assignments"))
_REDIRECTS = frozenset(("file_redirect", "herestring_redirect"))
_CONDITIONS = frozenset(
    (
        "unary_expression",
        "binary_expression",
        "negation_expression",
        "parenthesized_expression",
        "ternary_expression",
    )
)


class Simple(NamedTuple):
    """A simple command as written, wrappers still on; `expanding` are nodes that may hold substitutions."""

    words: tuple[ShellWord, ...]
    assignments: tuple[ShellWord, ...]
    redirects: tuple[Redirect, ...]
    expanding: list[Node]
    span: Span
    start: int
    end: int

    @property
    def name(self) -> str | None:
        """The first word's value."""
        return self.words[0].text if self.words else None


class Reader:
    """Turns nodes into words that know their bytes in the Dockerfile.

    `data` is the mapped text encoded, here-documents blanked out at the same length.
    """

    def __init__(self, data: bytes, mapped: Mapped) -> None:
        self.data = data
        self.text = mapped.text
        self.mapped = mapped
        self._characters = None if len(data) == len(self.text) else _characters(self.text)

    def at(self, byte: int) -> int:
        """The character that a byte of `data` belongs to."""
        return byte if self._characters is None else self._characters[byte]

    def span(self, start: int, end: int) -> Span:
        """The bytes in the Dockerfile of bytes `start` up to `end` of `data`."""
        return self.mapped.span(self.at(start), self.at(end))

    def text_of(self, node: Node) -> str:
        """The text of a node as written."""
        return self.text[self.at(node.start_byte) : self.at(node.end_byte)]

    def simple(self, element: Element) -> Simple:
        """A simple command's parts."""
        collected = _Parts()
        if element.node is not None:
            collected.node(element.node)
        for redirect in element.redirects:
            collected.redirect(redirect)
        start, end = self.at(element.start), self.at(element.end)
        words = [self._word(*place) for place in collected.words]
        assignments = [self._word(*place) for place in collected.assignments]
        while words and "=" in words[0].raw and words[0].raw.partition("=")[0].isidentifier():
            assignments.append(words.pop(0))
        return Simple(
            tuple(words),
            tuple(assignments),
            tuple(self._redirect(*place) for place in collected.redirects),
            collected.expanding,
            self.mapped.span(start, end),
            start,
            end,
        )

    def _word(self, start: int, end: int) -> ShellWord:
        byte = start
        if self._characters is not None:
            start, end = self._characters[start], self._characters[end]
        raw = self.text[start:end]
        if holds_blank(raw):
            raise Misread(byte)
        return ShellWord(unquote(raw), raw, self.mapped.span(start, end))

    def _redirect(self, start: int, middle: int, target: int, end: int) -> Redirect:
        operator = self.data[start:middle].decode("utf-8", "replace")
        span = self.span(start, end)
        if operator.endswith("<"):
            written = self.text[self.at(middle) : self.at(middle) + 2]
            if written == "<<":
                return Redirect(operator + written, self._word(target, end), span)
            if written.startswith("<"):
                return Redirect(operator + "<", None, span)
        return Redirect(operator, self._word(target, end) if end > target else None, span)


class _Parts:
    """Byte ranges of the parts; neighbours without a gap between them are one word."""

    def __init__(self) -> None:
        self.words: list[tuple[int, int]] = []
        self.assignments: list[tuple[int, int]] = []
        self.redirects: list[tuple[int, int, int, int]] = []
        self.expanding: list[Node] = []

    def node(self, node: Node) -> None:
        kind = node.type
        if kind == "variable_assignment":
            self._assignment(node)
            return
        for child in node.children:
            kind = child.type
            if kind in PLAIN_WORDS:
                self._word(child)
            elif kind in _REDIRECTS:
                self.redirect(child)
            elif kind in _ASSIGNMENTS and not self.words:
                self.node(child) if kind == "variable_assignments" else self._assignment(child)
            elif kind in _CONDITIONS:
                self.node(child)
            else:
                self._word(child)
                self.expanding.append(child)

    def redirect(self, node: Node) -> None:
        parts = node.children
        operator = next((i for i, part in enumerate(parts) if not part.is_named), 0)
        targets = _merged(parts[operator + 1 :])
        middle = parts[operator].end_byte
        taken = 0 if parts[operator].type.endswith("-") else 1
        target, end = targets[0] if taken and targets else (middle, middle)
        self.redirects.append((node.start_byte, middle, target, end))
        for place in targets[taken:]:
            self._add(*place)
        self.expanding += [part for part in parts[operator + 1 :] if part.type not in PLAIN_WORDS]

    def _assignment(self, node: Node) -> None:
        self.assignments.append((node.start_byte, node.end_byte))
        self.expanding.append(node)

    def _word(self, node: Node) -> None:
        self._add(node.start_byte, node.end_byte)

    def _add(self, start: int, end: int) -> None:
        if self.words and self.words[-1][1] == start:
            self.words[-1] = (self.words[-1][0], end)
        else:
            self.words.append((start, end))


def _merged(nodes: Iterable[Node]) -> list[tuple[int, int]]:
    places: list[tuple[int, int]] = []
    for node in nodes:
        if places and places[-1][1] == node.start_byte:
            places[-1] = (places[-1][0], node.end_byte)
        else:
            places.append((node.start_byte, node.end_byte))
    return places


def _characters(text: str) -> list[int]:
    """The character of every byte of the text encoded, and the length for the end."""
    found: list[int] = []
    for index, character in enumerate(text):
        found += [index] * len(character.encode("utf-8", "surrogateescape"))
    return [*found, len(text)]
