"""What always runs and what has to succeed: a walk over the statements with the shell's own rules."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, NamedTuple

from jettison.shell.commands import build
from jettison.shell.grammar import ELEMENTS, OPERATORS, PLAIN_WORDS, STATEMENTS, tokens
from jettison.shell.reader import Reader
from jettison.shell.script import Command, Item, Link, Mapped
from jettison.shell.structure import Element, Pipeline, Statement, statements

if TYPE_CHECKING:
    from tree_sitter import Node

_CLAUSES = frozenset(("do_group", "elif_clause", "else_clause", "case_item"))
_HEADERS = frozenset(("for_statement", "c_style_for_statement", "case_statement", "function_definition"))
"""Compounds whose own children are words and names; their commands stand in a clause or a body."""
_BODIES = frozenset(("compound_statement", "subshell"))
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


class _Place(NamedTuple):
    """What is known of where a statement stands."""

    context: tuple[str, ...] = ()
    ran: bool = True
    ok: bool = True
    suspended: bool = False
    """True where -e does not count: left of `&&` and `||`, in a condition, after `!`."""

    def inside(self, kind: str) -> _Place:
        return self._replace(context=(*self.context, kind))


def read(root: Node, data: bytes, text: str, mapped: Mapped, flags: Sequence[str]) -> Reading:
    """The commands of an understood text. `data` is `text` encoded, `flags` are the shell's own options."""
    walk = _Walk(Reader(data, text, mapped))
    walk.set_options(flags)
    items, links = walk.body(root.children, _Place())
    walk.commands.sort(key=lambda command: command.start)
    return Reading(tuple(walk.commands), items, links, walk.errexit, walk.pipefail, walk.ends_early)


class _Walk:
    def __init__(self, reader: Reader) -> None:
        self.reader = reader
        self.commands: list[Command] = []
        self.errexit = False
        self.pipefail = False
        self.ends_early = False

    def body(self, nodes: Iterable[Node], place: _Place) -> tuple[tuple[Item, ...], tuple[Link, ...]]:
        """Walk statements in order; what they are as top-level items matters to the outermost call only."""
        items: list[Item] = []
        links: list[Link] = []
        listed = statements(tokens(nodes), self.reader.data)
        before = ""
        for number, statement in enumerate(listed):
            last = number == len(listed) - 1
            self._statement(statement, self._place(place, statement, number == 0, last), before)
            if not place.context:
                items += self._items(statement, before)
                links += self._links(statement, last)
            before = statement.terminator
        return tuple(items), tuple(links)

    def set_options(self, words: Iterable[str | None]) -> None:
        """Follow `set -eu -o pipefail` or the same flags of a SHELL."""
        named = False
        on = True
        for word in words:
            if named:
                named = False
                self.errexit = on if word == "errexit" else self.errexit
                self.pipefail = on if word == "pipefail" else self.pipefail
            elif word is None or word in ("--", "-") or word[:1] not in ("-", "+"):
                break
            elif not word.startswith("--"):
                on = word[0] == "-"
                self.errexit = on if "e" in word else self.errexit
                named = word.endswith("o")

    def _place(self, place: _Place, statement: Statement, first: bool, last: bool) -> _Place:
        stops = self.errexit and not place.suspended
        ran = place.ran and (first or not stops or place.ok)
        alone = len(statement.pipelines) == 1
        ok = ran and place.ok and (last or (stops and alone))
        if statement.terminator == "&":
            return place.inside("background")._replace(ran=False, ok=False)
        return place._replace(ran=ran, ok=ok)

    def _statement(self, statement: Statement, place: _Place, before: str) -> None:
        pipelines = statement.pipelines
        known = [(place.ran, place.ok)] * len(pipelines)
        ran, ok = place.ran, place.ok
        for index in range(len(pipelines) - 1, 0, -1):
            if pipelines[index].operator == "&&":
                known[index] = (ok, ok)
            else:
                known[index] = (False, False)
                ok = ok and self._always_fails(pipelines[index])
            known[index - 1] = (ran, ok)
        for index, pipeline in enumerate(pipelines):
            final = index == len(pipelines) - 1
            after = statement.terminator if final else pipelines[index + 1].operator
            ran, ok = known[index]
            here = place._replace(ran=ran, ok=ok, suspended=place.suspended or not final)
            self._pipeline(pipeline, here, pipeline.operator or before, after)

    def _always_fails(self, pipeline: Pipeline) -> bool:
        node = pipeline.elements[0].node
        if len(pipeline.elements) > 1 or pipeline.negated or node is None:
            return False
        words = self.reader.text_of(node).split()
        return words == ["false"] or (len(words) == 2 and words[0] == "exit" and _nonzero(words[1]))

    def _pipeline(self, pipeline: Pipeline, place: _Place, before: str, after: str) -> None:
        if pipeline.negated:
            place = place.inside("negated")._replace(ok=False, suspended=True)
        elements = pipeline.elements
        if len(elements) == 1:
            self._element(elements[0], place, before, after)
            return
        place = place.inside("pipeline")
        pipefail, kept = self.pipefail, (self.errexit, self.pipefail)
        for index, element in enumerate(elements):
            final = index == len(elements) - 1
            follows = after if final else elements[index + 1].operator
            here = place if final or pipefail else place._replace(ok=False)
            self._element(element, here, element.operator or before, follows)
            self.errexit, self.pipefail = kept

    def _element(self, element: Element, place: _Place, before: str, after: str) -> None:
        if self.ends_early:
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
            kept = self.errexit, self.pipefail
            self.body(node.children, place.inside(kind))
            self.errexit, self.pipefail = kept
        elif kind == "group":
            self.body(node.children, place.inside(kind))
        else:
            self._clauses(node, place.inside(kind)._replace(ran=False, ok=False, suspended=True))

    def _clauses(self, node: Node, place: _Place) -> None:
        """The bodies of a compound: what stands between its keywords, and its clauses."""
        header = node.type in _HEADERS
        group: list[Node] = []
        for child in node.children:
            kind = child.type
            if kind in _CLAUSES or (header and kind in _BODIES):
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
        if simple.name == "set":
            place = place._replace(ok=place.ran)
        command = build(
            simple.words, simple.span, simple.start, simple.end, simple.assignments, simple.redirects,
            before, after, place.context, place.ran, place.ok,
        )  # fmt: skip
        self.commands.append(command)
        for node in simple.expanding:
            self._substitutions(node, place)
        if command.name == "set":
            self._set(command, place)
        elif command.name in _LEAVERS or "exec" in command.wrappers:
            own = not _OWN_PROCESS.isdisjoint(place.context)
            self.ends_early = self.ends_early or not (
                own
                or (len(command.words) == 2 and command.name == "exit" and _nonzero(command.words[1].text))
            )

    def _set(self, command: Command, place: _Place) -> None:
        kept = self.errexit, self.pipefail
        self.set_options(word.text for word in command.arguments)
        if not place.ran:
            self.errexit, self.pipefail = self.errexit and kept[0], self.pipefail and kept[1]

    def _substitutions(self, node: Node, place: _Place) -> None:
        """The commands inside `$( )`, backquotes and `<( )` anywhere below a node."""
        if node.type in ("command_substitution", "process_substitution"):
            kept = self.errexit, self.pipefail
            self.body(node.children, place.inside("substitution")._replace(ran=False, ok=False))
            self.errexit, self.pipefail = kept
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


def _nonzero(status: str | None) -> bool:
    return status is not None and status.isascii() and status.isdigit() and int(status[:9]) % 256 != 0
