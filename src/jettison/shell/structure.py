"""Statements, and-or lists and pipelines, put together from flat tokens by the shell's own precedence."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from jettison.shell.grammar import Token

if TYPE_CHECKING:
    from tree_sitter import Node


class Element(NamedTuple):
    """A simple command or compound with the redirections after it; `node` is None for redirections alone."""

    node: Node | None
    redirects: list[Node]
    operator: str
    """The `|` or `|&` before it."""

    @property
    def start(self) -> int:
        """Its first byte."""
        return (self.node or self.redirects[0]).start_byte

    @property
    def end(self) -> int:
        """The byte after its last."""
        last = self.redirects[-1].end_byte if self.redirects else 0
        return max(self.node.end_byte, last) if self.node else last


class Pipeline(NamedTuple):
    """Elements joined by `|`; `operator` is the `&&` or `||` before it, at bytes `operator_at`."""

    elements: list[Element]
    negated: bool
    operator: str
    operator_at: tuple[int, int]

    @property
    def start(self) -> int:
        """Its first byte, a `!` left out."""
        return self.elements[0].start

    @property
    def end(self) -> int:
        """The byte after its last."""
        return self.elements[-1].end


class Statement(NamedTuple):
    """An and-or list with what ends it: `;`, `&`, a newline, or nothing."""

    pipelines: list[Pipeline]
    terminator: str
    terminator_at: tuple[int, int]


def statements(tokens: Iterable[Token], data: bytes) -> list[Statement]:
    """The statements that these tokens make; `data` tells a newline from a continuation between two."""
    builder = _Builder()
    for kind, node in tokens:
        if kind == "operator":
            builder.operator(node)
        elif builder.end and not builder.joined and (kind != "redirect" or _newline(data, builder.end, node)):
            builder.finish("\n", (builder.end, node.start_byte))
            builder.add(kind, node)
        else:
            builder.add(kind, node)
    builder.finish("", (builder.end, builder.end))
    return builder.found


def _newline(data: bytes, start: int, node: Node) -> bool:
    gap = data[start : node.start_byte]
    return b"\n" in gap and b"\n" in gap.replace(b"\\\n", b"")


class _Builder:
    def __init__(self) -> None:
        self.found: list[Statement] = []
        self.pipelines: list[Pipeline] = []
        self.end = 0
        """Where the last element of the open statement ends; 0 when there is none."""
        self.joined = True
        """True right after an operator or `!`: the next element belongs to the open statement."""
        self._operator = ("", (0, 0))
        self._pipe = ""
        self._negated = False

    def add(self, kind: str, node: Node) -> None:
        if kind == "!":
            self._negated = not self._negated
            return
        if kind == "redirect" and not self.joined and self.pipelines:
            self.pipelines[-1].elements[-1].redirects.append(node)
        else:
            self._element(
                Element(None, [node], self._pipe) if kind == "redirect" else Element(node, [], self._pipe)
            )
        self.end = node.end_byte
        self.joined = False

    def operator(self, node: Node) -> None:
        operator = node.type
        at = (node.start_byte, node.end_byte)
        if operator in ("|", "|&"):
            self._pipe = operator
        elif operator in ("&&", "||"):
            self._operator = (operator, at)
        elif self.pipelines:
            self.finish(operator, at)
        self.joined = True

    def finish(self, terminator: str, at: tuple[int, int]) -> None:
        if self.pipelines:
            self.found.append(Statement(self.pipelines, terminator, at))
        self.pipelines, self.end, self.joined = [], 0, True
        self._operator, self._pipe, self._negated = ("", (0, 0)), "", False

    def _element(self, element: Element) -> None:
        if element.operator:
            self.pipelines[-1].elements.append(element)
        else:
            self.pipelines.append(Pipeline([element], self._negated, *self._operator))
        self._operator, self._pipe, self._negated = ("", (0, 0)), "", False
