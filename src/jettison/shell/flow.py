"""What always runs and what has to succeed: a walk over the statements with the shell's own rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from jettison.shell.commands import build
from jettison.shell.grammar import ELEMENTS, OPERATORS, PLAIN_WORDS, STATEMENTS, Misread, tokens
from jettison.shell.reader import Reader
from jettison.shell.script import Command, Item, Link, Mapped
from jettison.shell.structure import Element, Pipeline, Statement, statements

if TYPE_CHECKING:
    from tree_sitter import Node

_CLAUSES = frozenset(("do_group", "elif_clause", "else_clause", "case_item"))
_HEADERS = frozenset(("for_statement", "c_style_for_statement", "case_statement", "function_definition"))
"""Compounds whose own children are words and names; their commands stand in a clause or a body."""
_BODIES = frozenset(("compound_statement", "subshell"))
_RESERVED = frozenset(
    ("{", "}", "!", "if", "then", "elif", "else", "fi", "for", "while", "until", "do", "done", "case", "esac")
)
"""What begins or ends a compound is no command: where the grammar says so, it has lost its way."""
_LEAVERS = frozenset(("exit", "return", "trap"))
_OWN_PROCESS = frozenset(("subshell", "pipeline", "substitution", "background"))


class Reading(NamedTuple):
    """What `read` finds; the fields mean what they mean in a Script."""

    commands: tuple[Command, ...]
    items: tuple[Item, ...]
    links: tuple[Link, ...]
    errexit: bool
    pipefail: bool
    ends_early: bool


class _Options(NamedTuple):
    """The state of one shell process; what a subshell changes is forgotten at its end."""

    errexit: bool = False
    pipefail: bool = False
    left: bool = False
    """True when the process may have ended before this place without saying that something failed."""


class _Place(NamedTuple):
    """What is known of where a statement stands."""

    context: tuple[str, ...] = ()
    ran: bool = True
    ok: bool = True
    suspended: bool = False
    """True where -e does not count: left of `&&` and `||`, in a condition, after `!`."""

    def inside(self, kind: str) -> _Place:
        return self._replace(context=(*self.context, kind))


def read(root: Node, data: bytes, mapped: Mapped, flags: Sequence[str]) -> Reading:
    """The commands of an understood text; `data` is the text as parsed, `flags` the shell's own options."""
    walk = _Walk(Reader(data, mapped))
    walk.set_options(flags)
    items, links = walk.body(root.children, _Place())
    walk.commands.sort(key=lambda command: command.start)
    return Reading(tuple(walk.commands), items, links, *walk.options)


class _Walk:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.commands: list[Command] = []
        self.options = _Options()

    def body(self, nodes: Iterable[Node], place: _Place) -> tuple[tuple[Item, ...], tuple[Link, ...]]:
        """Walk statements in order; what they are as top-level items matters to the outermost call only."""
        items: list[Item] = []
        links: list[Link] = []
        listed = statements(tokens(nodes), self.reader.data)
        before = ""
        for number, statement in enumerate(listed):
            last = number == len(listed) - 1
            kept = self.options
            self._statement(statement, self._place(place, statement, number == 0, last), before)
            self.options = kept if statement.terminator == "&" else self.options
            if not place.context:
                items += self._items(statement, before)
                links += self._links(statement, last)
            before = statement.terminator
        return tuple(items), tuple(links)

    def set_options(self, words: Iterable[str | None]) -> None:
        """Follow `set -eu -o pipefail` or the same flags of a SHELL."""
        named = False
        on = True
        errexit, pipefail, left = self.options
        for word in words:
            if named:
                named = False
                errexit = on if word == "errexit" else errexit
                pipefail = on if word == "pipefail" else pipefail
            elif word is None or word in ("--", "-") or word[:1] not in ("-", "+"):
                break
            elif not word.startswith("--"):
                on = word[0] == "-"
                errexit = on if "e" in word else errexit
                named = word.endswith("o")
        self.options = _Options(errexit, pipefail, left)

    def _place(self, place: _Place, statement: Statement, first: bool, last: bool) -> _Place:
        if statement.terminator == "&":
            return place.inside("background")._replace(ran=False, ok=False)
        stops = self.options.errexit and not place.suspended
        fatal = stops and (place.ok or _OWN_PROCESS.isdisjoint(place.context))
        ran = place.ran and (first or not stops or fatal)
        return place._replace(ran=ran, ok=ran and ((last and place.ok) or (fatal and _stops_at(statement))))

    def _statement(self, statement: Statement, place: _Place, before: str) -> None:
        pipelines = statement.pipelines
        known = [(place.ran, place.ok)] * len(pipelines)
        ran, ok = place.ran, place.ok
        for index in range(len(pipelines) - 1, 0, -1):
            if pipelines[index].operator == "&&":
                known[index] = (ok, ok)
            else:
                known[index] = (False, False)
                ok = self._ok_before_or(pipelines[index], place, ok)
            known[index - 1] = (ran, ok)
        for index, pipeline in enumerate(pipelines):
            final = index == len(pipelines) - 1
            after = statement.terminator if final else pipelines[index + 1].operator
            ran, ok = known[index]
            here = place._replace(ran=ran, ok=ok, suspended=place.suspended or not final)
            self._pipeline(pipeline, here, pipeline.operator or before, after)

    def _ok_before_or(self, pipeline: Pipeline, place: _Place, ok: bool) -> bool:
        """True when what stands left of `||` has to succeed, because what stands right of it always fails."""
        node = pipeline.elements[0].node
        if len(pipeline.elements) > 1 or pipeline.negated or node is None:
            return False
        words = self.reader.text_of(node).split()
        if len(words) == 2 and words[0] == "exit" and _nonzero(words[1]):
            return place.ran if _OWN_PROCESS.isdisjoint(place.context) else ok
        return ok and words == ["false"]

    def _pipeline(self, pipeline: Pipeline, place: _Place, before: str, after: str) -> None:
        if pipeline.negated:
            place = place.inside("negated")._replace(ok=False, suspended=True)
        elements = pipeline.elements
        if len(elements) == 1:
            self._element(elements[0], place, before, after)
            return
        place = place.inside("pipeline")
        pipefail = self.options.pipefail
        for index, element in enumerate(elements):
            final = index == len(elements) - 1
            follows = after if final else elements[index + 1].operator
            here = place if final or pipefail else place._replace(ok=False)
            kept = self.options
            self._element(element, here, element.operator or before, follows)
            self.options = kept

    def _element(self, element: Element, place: _Place, before: str, after: str) -> None:
        if self.options.left:
            place = place._replace(ran=False, ok=False)
        node = element.node
        kind = ELEMENTS[node.type] if node else "command"
        if kind == "command":
            self._command(element, place, before, after)
            return
        assert node is not None
        for redirect in element.redirects:
            self._substitutions(redirect, place)
        if kind == "subshell":
            kept = self.options
            self.body(node.children, place.inside(kind))
            self.options = kept
        elif kind == "group":
            first = node.children[1] if len(node.children) > 1 else None
            if first is not None and first.start_byte == node.start_byte + 1 and first.is_named:
                raise Misread(node.start_byte)  # `{a,b}`: a brace with a word right behind it opens no group
            self.body(node.children, place.inside(kind))
        else:
            self._clauses(node, place.inside(kind)._replace(ran=False, ok=False, suspended=True))

    def _clauses(self, node: Node, place: _Place) -> None:
        """The bodies of a compound: what stands between its keywords, and its clauses."""
        header = node.type in _HEADERS
        group: list[Node] = []
        for child in node.children:
            kind = child.type
            if node.type == "function_definition" and kind in STATEMENTS and kind not in _BODIES:
                self.body((child,), place)
            elif kind in _CLAUSES or (header and kind in _BODIES):
                self.body(group, place)
                group = []
                self._clauses(child, place)
            elif not header and (kind in STATEMENTS or kind in OPERATORS):
                group.append(child)
            elif child.is_named:
                self._substitutions(child, place)
            else:
                self.body(group, place)
                group = []
        self.body(group, place)

    def _command(self, element: Element, place: _Place, before: str, after: str) -> None:
        simple = self.reader.simple(element)
        if simple.words and simple.words[0].raw in _RESERVED:
            raise Misread(element.start)
        if simple.name == "set":
            place = place._replace(ok=place.ran)
        command = build(
            simple.words, simple.span, simple.start, simple.end, simple.assignments, simple.redirects,
            before, after, place.context, place.ran, place.ok,
        )  # fmt: skip
        if command.wrappers and (not command.words or command.words[0].raw in _RESERVED):
            raise Misread(element.start)
        self.commands.append(command)
        for node in simple.expanding:
            self._substitutions(node, place)
        if command.name == "set":
            self._set(command, place)
        elif command.name in _LEAVERS or "exec" in command.wrappers:
            own = not _OWN_PROCESS.isdisjoint(place.context)
            if own or not (
                command.name == "exit" and len(command.words) == 2 and _nonzero(command.words[1].text)
            ):
                self.options = self.options._replace(left=True)

    def _set(self, command: Command, place: _Place) -> None:
        before = self.options
        self.set_options(word.text for word in command.arguments)
        if not place.ran:
            after = self.options
            self.options = _Options(
                before.errexit and after.errexit, before.pipefail and after.pipefail, before.left
            )

    def _substitutions(self, node: Node, place: _Place) -> None:
        """The commands inside `$( )`, backquotes and `<( )` anywhere below a node."""
        if node.type in ("command_substitution", "process_substitution"):
            kept = self.options
            self.body(node.children, place.inside("substitution")._replace(ran=False, ok=False))
            self.options = kept
            return
        for child in node.children:
            if child.type not in PLAIN_WORDS:
                self._substitutions(child, place)

    def _items(self, statement: Statement, before: str) -> list[Item]:
        found: list[Item] = []
        for pipeline in statement.pipelines:
            first = pipeline.elements[0]
            kind = "pipeline"
            if len(pipeline.elements) == 1:
                kind = ELEMENTS[first.node.type] if first.node else "command"
            start, end = self.reader.at(pipeline.start), self.reader.at(pipeline.end)
            operator = pipeline.operator or before
            found.append(Item(kind, start, end, operator, statement.terminator == "&", pipeline.negated))
        return found

    def _links(self, statement: Statement, last: bool) -> list[Link]:
        inner = [Link(p.operator, self.reader.span(*p.operator_at)) for p in statement.pipelines[1:]]
        return (
            inner
            if last
            else [*inner, Link(statement.terminator, self.reader.span(*statement.terminator_at))]
        )


def _stops_at(statement: Statement) -> bool:
    """True when -e ends the script where the statement fails.

    It does not left of `&&` and `||`, after `!`, and for a compound that failed because of such a place.
    """
    pipeline = statement.pipelines[0]
    if len(statement.pipelines) > 1 or pipeline.negated:
        return False
    node = pipeline.elements[0].node
    kind = ELEMENTS[node.type] if node else "command"
    return len(pipeline.elements) > 1 or kind in ("command", "subshell")


def _nonzero(status: str | None) -> bool:
    return status is not None and status.isascii() and status.isdigit() and int(status[:9]) % 256 != 0
