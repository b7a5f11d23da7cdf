"""What every edit on shell text has in common: refusals say why, a result is read again."""

from __future__ import annotations

from dataclasses import dataclass

from jettison.shell.layout import source_of
from jettison.shell.parse import parse_run
from jettison.shell.script import Script
from jettison.spans import Edit, Span, apply

Words = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Refusal:
    """No edit, because of `reason`: a clause that reads well after "not changed:"."""

    reason: str


Outcome = tuple[Edit, ...] | Refusal


def said(script: Script) -> list[Words]:
    """The words of every command as written: what a script says, whatever its layout."""
    return [tuple(word.raw for word in command.words) for command in script.commands]


def confirmed(script: Script, edits: tuple[Edit, ...], expected: list[Words]) -> Outcome:
    """The edits when the instruction, parsed again with them, says exactly what is expected."""
    from jettison.dockerfile import parse

    instruction = script.instruction
    if instruction is None:
        return Refusal("the text stands in no Dockerfile")
    start, end = instruction.span
    shifted = [Edit(Span(e.span.start - start, e.span.end - start), e.new) for e in edits]
    directive = b"" if instruction.escape == "\\" else b"# escape=" + instruction.escape.encode() + b"\n"
    again = parse(directive + apply(source_of(script)[start:end], shifted))
    if len(again.instructions) != 1:
        return Refusal("the edit would end the instruction early")
    new = parse_run(again.instructions[0], script.shell)
    if not new.ok or said(new) != expected:
        return Refusal("the result would not read as intended")
    return edits


def why_not_chain(script: Script) -> str:
    """Why commands can be neither added to nor taken from a script; empty when they can."""
    if not script.ok:
        return script.reason
    if script.form == "json":
        return "the exec form has no shell to run a chain of commands"
    return "" if script.items else "there is no command"
