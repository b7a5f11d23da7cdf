"""Write two stages from one: the builder keeps its bytes, the runtime stage goes before what describes the
image."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import delete, insert_before, replace_args
from jettison.project import Project
from jettison.spans import Edit, Span
from jettison.stages.start import exec_words


def builder_name(stage: Stage) -> str:
    """The name of the stage once it is the builder: the one it has, else `build`."""
    return stage.name or "build"


def two_stages(
    project: Project,
    stage: Stage,
    lines: Iterable[str],
    moved: Sequence[Instruction],
    dropped: Sequence[Instruction],
) -> tuple[Edit, ...]:
    """The edits that name the stage as builder and add a runtime stage of these `lines`, its FROM first.

    `moved` are the instructions that describe the finished image: those at the end of the file stay where
    they are, the others move; shell forms among CMD and ENTRYPOINT become JSON. `dropped` ones vanish.
    """
    tail = _tail(stage, moved)
    text = [*lines]
    edits: list[Edit] = []
    if stage.name is None:
        end = stage.from_.args_span.end
        edits.append(Edit(Span(end, end), f" AS {builder_name(stage)}".encode()))
    for instruction in moved:
        json_form = _json_form(instruction)
        if instruction in dropped or instruction not in tail:
            edits.append(delete(instruction))
        elif json_form is not None:
            edits.append(replace_args(instruction, json_form))
        if instruction not in dropped and instruction not in tail:
            written = project.dockerfile.text(instruction.span)
            text.append(written if json_form is None else f"{instruction.keyword} {json_form}")
    edits.append(_runtime(project, text, next((i for i in tail if i not in dropped), None)))
    return tuple(edits)


def _runtime(project: Project, lines: list[str], first: Instruction | None) -> Edit:
    """The new stage before `first` and the comments that lead up to it, or at the end of the file."""
    source, newline = project.dockerfile.source, project.dockerfile.newline.decode()
    at = len(source) if first is None else insert_before(first, "", above_comments=True).span.start
    before = source[:at]
    text = newline.join(lines) + newline
    if before.endswith((b"\n\n", b"\r\n\r\n")):
        text += newline if first is not None else ""
    else:
        text = newline * (1 if before.endswith(b"\n") else 2) + text
    return Edit(Span(at, at), text.encode("utf-8", "surrogateescape"))


def _json_form(instruction: Instruction) -> str | None:
    """The JSON form of a CMD or ENTRYPOINT in shell form; None for every other instruction."""
    if instruction.keyword not in ("CMD", "ENTRYPOINT") or instruction.json is not None:
        return None
    import json

    return json.dumps(exec_words(instruction) or [], ensure_ascii=False)


def _tail(stage: Stage, moved: Sequence[Instruction]) -> list[Instruction]:
    """The moved instructions at the end of the stage, in order."""
    tail: list[Instruction] = []
    for instruction in reversed(stage.instructions):
        if instruction not in moved:
            break
        tail.insert(0, instruction)
    return tail
