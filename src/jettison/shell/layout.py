"""How an instruction is laid out: where lines break, how deep they start, where `&&` stands."""

from __future__ import annotations

from typing import NamedTuple

from jettison.shell.script import Script
from jettison.spans import Span


class Layout(NamedTuple):
    """The way to continue a script. `break_` is a continuation with its indentation, empty on one line."""

    break_: str
    trailing: bool
    """True when operators stand at the end of a line."""

    def join(self, operator: str) -> str:
        """What stands between two commands: ` && `, ` \\⏎    && `, ` && \\⏎    `, `; \\⏎    `."""
        if not self.break_:
            return "; " if operator == ";" else f" {operator} "
        if self.trailing or operator == ";":
            return f"{'' if operator == ';' else ' '}{operator} {self.break_}"
        return f" {self.break_}{operator} "


def source_of(script: Script) -> bytes:
    """The bytes of the Dockerfile that a script stands in."""
    assert script.instruction is not None
    return script.instruction.file.data


def layout_of(script: Script) -> Layout:
    """How a further command at the end of the script would be written by whoever wrote the rest."""
    instruction = script.instruction
    assert instruction is not None
    source = source_of(script)
    items = [script.text.span(item.start, item.end) for item in script.items]
    header = source[instruction.span.start : items[-1].end]
    newline = "\r\n" if b"\r\n" in header else "\n"
    for index in range(len(items) - 1, 0, -1):
        operator = script.links[index - 1].span
        if b"\n" in source[items[index - 1].end : operator.start]:
            return _broken(instruction.escape, newline, indentation(source, operator.start), trailing=False)
        if b"\n" in source[operator.end : items[index].start]:
            return _broken(
                instruction.escape, newline, indentation(source, items[index].start), trailing=True
            )
    first = source[items[0].start : items[-1].end] if len(items) > 1 else header
    if b"\n" not in first:
        return Layout("", False)
    start = instruction.span.start + header.find(b"\n") + 1
    return _broken(instruction.escape, newline, _continued_indentation(source, start), trailing=False)


def indentation(source: bytes, at: int) -> str:
    """The blanks that the line of a byte begins with."""
    start = source.rfind(b"\n", 0, at) + 1
    line = source[start:at]
    return line[: len(line) - len(line.lstrip(b" \t"))].decode("ascii")


def has_comment(source: bytes, span: Span) -> bool:
    """True when a line that begins inside the span is a comment."""
    _, *lines = source[span.start : span.end].split(b"\n")
    return any(line.lstrip().startswith(b"#") for line in lines)


def _continued_indentation(source: bytes, start: int) -> str:
    """The indentation of the first line from `start` on that is neither blank nor a comment."""
    while True:
        end = source.find(b"\n", start)
        line = source[start : end if end >= 0 else len(source)]
        text = line.lstrip(b" \t")
        if end < 0 or (text.strip() and not text.startswith(b"#")):
            return line[: len(line) - len(text)].decode("ascii")
        start = end + 1


def _broken(escape: str, newline: str, indent: str, *, trailing: bool) -> Layout:
    return Layout(f"{escape}{newline}{indent}", trailing)
