"""What a container of a stage starts: its ENTRYPOINT and CMD as one list of words."""

from __future__ import annotations

from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.project import Project
from jettison.stages import Refusal


class Start(NamedTuple):
    """`argv` is what runs; `instructions` the ENTRYPOINT and CMD that say so."""

    argv: tuple[str, ...]
    instructions: tuple[Instruction, ...]


def certain_start(project: Project, stage: Stage) -> Start:
    """What a stage that is to be divided starts; raises Refusal when that, or its name, stands against it."""
    refuse_target(project)
    start = started(stage)
    if isinstance(start, str):
        raise Refusal(start)
    return start


def refuse_target(project: Project) -> None:
    """Raise Refusal where `--target` names the stage: divided, that name would be the builder's."""
    if project.target is not None:
        raise Refusal("the stage is built by its name, which would be the builder's afterwards")


def started(stage: Stage) -> Start | str:
    """What the stage itself starts in exec form, or why that cannot be said."""
    last = {i.keyword: i for i in stage.instructions if i.keyword in ("ENTRYPOINT", "CMD")}
    if not last:
        return "it has neither CMD nor ENTRYPOINT, so what it starts is unknown"
    ordered = tuple(last[k] for k in ("ENTRYPOINT", "CMD") if k in last)
    argv: list[str] = []
    for instruction in ordered:
        words = exec_words(instruction)
        if words is None:
            return f"{instruction.keyword} needs a shell, and a minimal image has none"
        argv += words
        if instruction.keyword == "ENTRYPOINT" and instruction.json is None:
            break
    return Start(tuple(argv), ordered) if argv and argv[0] else "its CMD is empty"


def exec_words(instruction: Instruction) -> list[str] | None:
    """The words of a CMD or ENTRYPOINT: of its JSON form, or of a shell form that is one plain command; else
    None."""
    if instruction.json is not None:
        return [word.text for word in instruction.json]
    from jettison.shell.execform import to_exec

    return to_exec(instruction)
