"""tree-sitter-bash, imported when first needed, as a flat sequence of statements and operators.

The grammar binds redirections and operators loosely (`a && b >f | c` comes out as a pipeline of a list), so
only its leaves are trusted, in text order; `structure` puts them together by the shell's own precedence.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

ELEMENTS = {
    "command": "command",
    "declaration_command": "command",
    "unset_command": "command",
    "test_command": "command",
    "variable_assignment": "command",
    "variable_assignments": "command",
    "subshell": "subshell",
    "compound_statement": "group",
    "if_statement": "if",
    "for_statement": "for",
    "c_style_for_statement": "for",
    "while_statement": "while",
    "case_statement": "case",
    "function_definition": "function",
}
"""Node types that are one element of a pipeline, and the kind that each is."""

_TRANSPARENT = frozenset(("program", "list", "pipeline", "redirected_statement", "negated_command"))
_REDIRECTS = frozenset(("file_redirect", "herestring_redirect"))
STATEMENTS = _TRANSPARENT | _REDIRECTS | frozenset(ELEMENTS)
"""Node types that are, or hold, statements."""
OPERATORS = frozenset(("&&", "||", "|", "|&", ";", "&", "!"))
"""Tokens that join statements."""
PLAIN_WORDS = frozenset(("word", "number", "raw_string", "variable_name", "ansi_c_string", "test_operator"))
"""Word nodes that hold no expansion."""


class Misread(Exception):
    """The grammar took the text at this byte for something that it is not."""

    def __init__(self, at: int) -> None:
        super().__init__(at)
        self.at = at


class Token(NamedTuple):
    """An `element`, `redirect`, `operator` or `!` of shell text, with its node."""

    kind: str
    node: Node


@cache
def parser() -> Parser:
    """The one parser; costs about 20 ms of CPU when first called."""
    import tree_sitter_bash
    from tree_sitter import Language, Parser

    return Parser(Language(tree_sitter_bash.language()))


def parse(text: bytes) -> Node:
    """The syntax tree of shell text. Never raises; `has_error` says whether it is understood."""
    return parser().parse(text).root_node


def first_error(node: Node) -> Node:
    """The innermost first node that the grammar could not place."""
    while inner := next((child for child in node.children if child.has_error or child.is_missing), None):
        node = inner
    return node


def lost_blank(root: Node, data: bytes) -> int:
    """Where an escaped blank begins a word, -1 without one: the grammar takes it for a gap."""
    at = data.find(b"\\ ")
    while at >= 0:
        bare = (len(data[:at]) - len(data[:at].rstrip(b"\\"))) % 2 == 0
        if bare and (at == 0 or data[at - 1] in b" \t\n;&|(") and _is_gap(root, at):
            return at
        at = data.find(b"\\ ", at + 2)
    return -1


def _is_gap(root: Node, at: int) -> bool:
    """True when no leaf of the tree covers the byte."""
    leaf = root.descendant_for_byte_range(at, at + 1)
    return leaf is None or leaf.child_count > 0


def tokens(nodes: Iterable[Node]) -> list[Token]:
    """The statements among `nodes` as a flat sequence; what is no statement (keywords, words) is left out."""
    found: list[Token] = []
    _collect(nodes, found)
    return found


def _collect(nodes: Iterable[Node], found: list[Token]) -> None:
    for node in nodes:
        kind = node.type
        if kind in ELEMENTS:
            found.append(Token("element", node))
        elif kind in _TRANSPARENT:
            _collect(node.children, found)
        elif kind in _REDIRECTS:
            found.append(Token("redirect", node))
        elif kind in OPERATORS:
            found.append(Token("!" if kind == "!" else "operator", node))
        elif kind.startswith(";"):  # `;;` where there is no case
            raise Misread(node.start_byte)
