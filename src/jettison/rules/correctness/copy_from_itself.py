"""A stage copies from itself, from a later stage, or from one that is not there."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT652", aliases=("DL3022", "DL3023"))
def copy_from_itself(project: Project) -> Iterator[Finding]:
    """A stage copies from itself, from a later stage, or from one that is not there.

    What:
        A `COPY --from` or `RUN --mount=from=` that names its own stage or a later one, and a number in
        `COPY --from` that no earlier stage has.

    Why:
        The builder refuses it: "circular dependency detected", "it needs to be defined before current stage",
        "invalid stage index".

    How it is fixed:
        Not automatically: which stage is meant is not known.

    When not:
        Names of earlier stages and of images, with a tag or without. Where several stages have one name, the
        last of them counts, wherever it stands. A number in a mount is the name of an image.

    References:
        https://docs.docker.com/reference/dockerfile/#copy---from
        BuildKit frontend/dockerfile/dockerfile2llb/convert.go
    """
    if b"from=" not in project.dockerfile.source:
        return
    for stage in project.dockerfile.stages:
        for instruction in stage.instructions:
            for name, by_number in _origins(instruction):
                wrong = _wrong(project.dockerfile.stages, stage, name, by_number)
                if wrong:
                    yield Finding(instruction.span, f"{name} is {wrong}", refused=_REFUSED)


_REFUSED = "which stage is meant is not known; within a stage `RUN cp` copies"


def _origins(instruction: Instruction) -> Iterator[tuple[str, bool]]:
    """What an instruction takes files from, and whether a number would be the one of a stage."""
    if instruction.keyword == "COPY":
        flag = instruction.flag("from")
        if flag is not None and flag.value:
            yield flag.value, True
    for mount in instruction.mounts:
        if mount.options.get("from"):
            yield mount.options["from"], False


def _wrong(stages: tuple[Stage, ...], stage: Stage, name: str, by_number: bool) -> str:
    """What is wrong with a name, "" when it may be an earlier stage or an image."""
    if by_number and name.isascii() and name.isdigit():
        number = int(name) if len(name) < 10 else len(stages)
        if number == stage.index:
            return "this stage itself, which cannot be copied from"
        if number > stage.index:
            return "a later stage" if number < len(stages) else "no stage: they are counted from 0"
        return ""
    last = next((each.index for each in reversed(stages) if each.name == name.lower()), -1)
    if last < stage.index:
        return ""
    return "this stage itself, which cannot be copied from" if last == stage.index else "a later stage"
