"""A YAML file that is edited by lines: PyYAML says where everything stands, and every other byte stays.

PyYAML reads YAML 1.1. What a pipeline file means differently in 1.2 (`on`, `yes`, octal numbers) is never
converted here: only nodes and their places are looked at.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

LARGEST = 1_000_000
"""Bytes. PyYAML takes seconds for more, and no pipeline is that long."""

_BOM = "\ufeff"
Node = Any


class Unclear(Exception):
    """The file, or a place in it, is not understood: `why`, at `line` (from 1; 0 for the whole file)."""

    def __init__(self, why: str, line: int = 0) -> None:
        super().__init__(why)
        self.why, self.line = why, line


class _Edit(NamedTuple):
    start: int
    end: int
    new: str
    rank: int = 0
    """At one place what belongs to the lines above (0) stands before what belongs to those below (1)."""


class YamlFile:
    """One file with its nodes and the edits made so far. Raises Unclear for what no edit may be made in."""

    def __init__(self, data: bytes) -> None:
        if len(data) > LARGEST:
            raise Unclear(f"it is larger than {LARGEST // 10**6} MB")
        try:
            text = data.decode("utf-8")
        except UnicodeDecodeError as problem:
            raise Unclear("it is not UTF-8", data[: problem.start].count(b"\n") + 1) from None
        self.bom = text.startswith(_BOM)
        self.text = text.removeprefix(_BOM)
        self.newline = "\r\n" if "\r\n" in self.text else "\n"
        self._edits: list[_Edit] = []
        self.root = self._compose()
        self._shared: set[int] = set()
        self._walk()

    def _compose(self) -> Node:
        import yaml

        try:
            documents = [each for each in yaml.compose_all(self.text, yaml.SafeLoader) if each is not None]
        except yaml.MarkedYAMLError as problem:
            mark = problem.problem_mark or problem.context_mark
            line = mark.line + 1 if mark else 0
            raise Unclear(f"not valid YAML: {problem.problem or problem.context}", line) from None
        except yaml.YAMLError as problem:
            raise Unclear(f"not valid YAML: {str(problem).splitlines()[0]}") from None
        except RecursionError:
            raise Unclear("it is nested too deeply") from None
        if not documents:
            raise Unclear("it is empty")
        root = documents[-1]
        if len(documents) > 1 and not (len(documents) == 2 and get(documents[0], "spec")):
            raise Unclear("it holds several YAML documents", root.start_mark.line + 1)
        if not is_mapping(root):
            raise Unclear("it is no mapping of keys to values", root.start_mark.line + 1)
        return root

    def _walk(self) -> None:
        """Note what an alias brings in a second time; a key that is there twice is an error."""
        seen: set[int] = set()
        todo = [self.root]
        while todo:
            node = todo.pop()
            if id(node) in seen:
                self._shared.add(id(node))
                continue
            seen.add(id(node))
            if is_mapping(node):
                keys: set[str] = set()
                for key, value in node.value:
                    name = key.value if is_scalar(key) else None
                    if name in keys and name != "<<":
                        raise Unclear(f"the key {name!r} is there twice", key.start_mark.line + 1)
                    keys.add(name or "")
                    todo.append(value)
            elif is_sequence(node):
                todo += node.value

    def own(self, node: Node, what: str) -> Node:
        """The node, when an edit in it changes nothing elsewhere: in block style, no alias, no merge key."""
        line = node.start_mark.line + 1
        if id(node) in self._shared:
            raise Unclear(f"{what} is shared through an anchor", line)
        if not is_scalar(node) and node.flow_style:
            raise Unclear(f"{what} is written in braces or brackets", line)
        if is_mapping(node) and get(node, "<<"):
            raise Unclear(f"{what} takes keys from an anchor (<<)", line)
        return node

    def add_lines(self, after: Node, lines: list[str]) -> None:
        """New lines, written with their indentation, below the last line of a node."""
        at = self._line_end(self._content_end(after))
        text = self.newline.join(lines)
        ended = at > 0 and self.text[at - 1] == "\n"
        self._edits.append(_Edit(at, at, text + self.newline if ended else self.newline + text))

    def add_keys(self, mapping: Node, lines: list[str]) -> None:
        """Keys at the end of a block mapping, at its indentation; further lines are indented deeper."""
        self.own(mapping, "the place")
        pad = " " * mapping.value[0][0].start_mark.column
        self.add_lines(mapping, [pad + line for line in lines])

    def add_items(self, sequence: Node, before: Node, lines: list[str]) -> None:
        """Items of a block sequence before one of its own, above the comments that belong to that one.

        The lines begin with `- ` or two blanks."""
        self.own(sequence, "the list")
        at = self._item_start(before)
        pad = self.text[at : self.text.index("-", at)]
        while at > 0:
            above = self.text.rfind("\n", 0, at - 1) + 1
            if not self.text[above:at].startswith(pad + "#"):
                break
            at = above
        self._edits.append(_Edit(at, at, "".join(pad + line + self.newline for line in lines), 1))

    def extend(self, scalar: Node, entry: str, part: str, more: str) -> None:
        """Write `more` right behind `part` of an entry, which has to be in the scalar exactly once."""
        at = self.place(scalar, entry) + entry.index(part) + len(part)
        if "'" in more or '"' in more or "\\" in more:
            raise Unclear("the value would need quotes of its own", scalar.start_mark.line + 1)
        self._edits.append(_Edit(at, at, more))

    def replace(self, start: int, end: int, new: str) -> None:
        """Other characters in place of these."""
        self._edits.append(_Edit(start, end, new))

    def place(self, scalar: Node, entry: str) -> int:
        """Where an entry of a scalar stands in the text."""
        self.own(scalar, "the value")
        start, end = scalar.start_mark.index, scalar.end_mark.index
        word = re.compile(rf"(?<![^\s'\"]){re.escape(entry)}(?![^\s'\"])")
        found = [match.start() for match in word.finditer(self.text, start, end)]
        if len(found) != 1:
            raise Unclear("the value is not written out in one piece", scalar.start_mark.line + 1)
        return found[0]

    @property
    def changed(self) -> bool:
        """True once an edit was made."""
        return bool(self._edits)

    def mark(self) -> int:
        """How many edits there are, for `back_to`."""
        return len(self._edits)

    def back_to(self, mark: int) -> None:
        """Drop the edits made since."""
        del self._edits[mark:]

    def render(self) -> bytes:
        """The file with the edits; those of one rank at one place in the order in which they were made."""
        text, at = [], 0
        for edit in sorted(self._edits, key=lambda each: (each.start, each.rank)):
            text += [self.text[at : edit.start], edit.new]
            at = edit.end
        whole = "".join([*text, self.text[at:]])
        return ((_BOM if self.bom else "") + whole).encode("utf-8")

    def _content_end(self, node: Node) -> int:
        """Just behind the last character of a node, where comments and blank lines below do not count."""
        if id(node) in self._shared:
            raise Unclear("the place is shared through an anchor", node.start_mark.line + 1)
        if not is_scalar(node) and not node.flow_style and node.value:
            last = node.value[-1]
            return self._content_end(last[1] if is_mapping(node) else last)
        end: int = node.end_mark.index
        if is_scalar(node) and node.style in ("|", ">"):
            if (
                "+"
                in self.text[node.start_mark.index : self._line_end(node.start_mark.index)].partition("#")[0]
            ):
                raise Unclear("the blank lines below belong to a text (|+)", node.start_mark.line + 1)
            return len(self.text[:end].rstrip())
        return end

    def _line_end(self, index: int) -> int:
        at = self.text.find("\n", index)
        return len(self.text) if at < 0 else at + 1

    def _item_start(self, item: Node) -> int:
        at = self.text.rfind("\n", 0, item.start_mark.index) + 1
        if self.text[at : item.start_mark.index].strip(" ") != "-":
            raise Unclear("the item does not begin on the line of its dash", item.start_mark.line + 1)
        return at


def is_mapping(node: Node) -> bool:
    """Keys and values."""
    return getattr(node, "id", "") == "mapping"


def is_sequence(node: Node) -> bool:
    """A list."""
    return getattr(node, "id", "") == "sequence"


def is_scalar(node: Node) -> bool:
    """One value; its text is `node.value`."""
    return getattr(node, "id", "") == "scalar"


def get(node: Node, key: str) -> Node:
    """The value of a key, None where there is none or the node is no mapping."""
    for name, value in node.value if is_mapping(node) else ():
        if is_scalar(name) and name.value == key:
            return value
    return None


def text_of(node: Node, key: str = "") -> str:
    """The text of a scalar, or of the scalar under a key; empty for everything else."""
    found = get(node, key) if key else node
    return str(found.value) if is_scalar(found) else ""


def items(node: Node) -> Iterator[tuple[str, Node]]:
    """The keys of a mapping that are text, with their values."""
    for name, value in node.value if is_mapping(node) else ():
        if is_scalar(name):
            yield str(name.value), value


def plain(node: Node, depth: int = 40) -> object:
    """The node as plain values, all scalars as text; what is deeper is left out. For comparing alone."""
    if depth == 0:
        return None
    if is_mapping(node):
        return {str(key.value): plain(value, depth - 1) for key, value in node.value}
    if is_sequence(node):
        return [plain(each, depth - 1) for each in node.value]
    return str(node.value)
