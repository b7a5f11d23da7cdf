"""An ARG with a secret in it, as a secret mount on the RUNs that use it."""

from __future__ import annotations

import re

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import add_flag, delete
from jettison.project import Project
from jettison.spans import Edit


def uses(text: str, name: str) -> bool:
    """True when a text has `$NAME` or `${NAME}` in it."""
    return re.search(rf"\$(?:{re.escape(name)}(?!\w)|\{{{re.escape(name)}\W)", text) is not None


def mount_instead(
    project: Project, stage: Stage | None, arg: Instruction, name: str
) -> tuple[Edit, ...] | str:
    """The edits that give NAME to the RUNs that use it as a secret; else why there are none."""
    if stage is None:
        return "it stands before the first FROM: only the FROMs see it"
    if len(arg.pairs()) != 1:
        return "other arguments stand in the same instruction"
    dockerfile = project.dockerfile
    later = [i for i in stage.instructions if i.span.start > arg.span.start]
    runs: list[Instruction] = []
    for each in later:
        used = uses(dockerfile.text(each.span), name)
        if each.keyword == "RUN" and used and each.json is None:
            runs.append(each)
        elif used:
            return f"line {each.start_line}, {each.keyword}, uses it, which no mount reaches"
    if any(s.base_stage == stage.index and _uses_any(project, s, name) for s in dockerfile.stages):
        return "a stage that is built FROM this one uses it too"
    if not runs:
        return (
            f"no RUN names ${name}: if a program reads it from the environment, give it to that RUN "
            f"with --mount=type=secret,id={name},env={name}"
        )
    return (delete(arg), *(add_flag(run, f"--mount=type=secret,id={name},env={name}") for run in runs))


def _uses_any(project: Project, stage: Stage, name: str) -> bool:
    return any(uses(project.dockerfile.text(each.span), name) for each in stage.instructions)
