"""A value that changes with every build stands before steps that do not use it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import delete, insert_before
from jettison.facts import load
from jettison.findings import Basis, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule


@rule("JT203", order=21)
def volatile_too_early(project: Project) -> Iterator[Finding]:
    """A value that changes with every build stands before steps that do not use it.

    What:
        An ARG such as GIT_SHA or BUILD_DATE, or an ENV that takes its value, above a RUN that does not use
        it.

    Why:
        Every ARG that has a value, and every ENV, is part of the environment of each later RUN of the stage,
        and so of its cache key, used or not. A new value for every commit means that nothing below it is ever
        taken from the cache.

    How it is fixed:
        The ARG moves down to just before the first instruction that uses it, or to the end of the stage.
        A RUN that does not name it cannot tell, but for a program that reads its environment, so it is
        applied only where none of the RUNs it passes calls a program of the project itself.

    When not:
        LABEL, CMD and EXPOSE are part of no cache key and stay where they are. An ARG before the first FROM
        is none of this. An ENV that takes the value is told, but not moved: the program may read it, and
        where it stands decides what later steps see.

    References:
        https://docs.docker.com/reference/dockerfile/#impact-on-build-caching
    """
    if not any(i.keyword == "ARG" for i in project.dockerfile.instructions):
        return
    names = load("volatile")["names"]
    for stage in project.dockerfile.stages:
        for number, instruction in enumerate(stage.instructions):
            if instruction.keyword != "ARG" or instruction.error:
                continue
            pairs = instruction.pairs()
            if pairs and all(pair.key.text.casefold() in names for pair in pairs):
                found = _judge(project, stage, number, [pair.key.text for pair in pairs])
                if found is not None:
                    yield found


def _judge(project: Project, stage: Stage, number: int, names: Sequence[str]) -> Finding | None:
    arg = stage.instructions[number]
    rest = stage.instructions[number + 1 :]
    use = next((k for k, later in enumerate(rest) if _uses(project, later, names)), len(rest))
    passed = [later for later in rest[:use] if later.keyword == "RUN"]
    if not passed:
        return None
    seconds = sum(_seconds(project, run) for run in passed)
    told = f"line {passed[0].start_line}" if len(passed) == 1 else f"{len(passed)} RUNs below"
    message = f"a new {names[0]} makes {told} run again, although nothing there uses it"
    saving = Saving(seconds=seconds, basis=Basis.MODELLED)
    if use < len(rest) and rest[use].keyword == "ENV" and any(i.keyword == "RUN" for i in rest[use + 1 :]):
        below = "the ENV that takes it on makes the RUNs below that run again too"
        message = f"{message}; {below}"
    why = _obstacle(project, stage, arg, passed)
    if why:
        return Finding(arg.span, message, saving, refused=why)
    moved = project.dockerfile.text(arg.span).replace("\r\n", "\n")
    edits = [delete(arg)]
    if use < len(rest):
        edits.append(insert_before(rest[use], moved))
        where = f"just before line {rest[use].start_line}, which uses it"
    else:
        last = passed[-1]
        following = rest[rest.index(last) + 1 :]
        if not following:
            return Finding(arg.span, message, saving, Fix("Drop the ARG that nothing uses", tuple(edits)))
        edits.append(insert_before(following[0], moved, above_comments=True))
        where = "below the RUNs, none of which uses it"
    return Finding(arg.span, message, saving, Fix(f"Move {names[0]} {where}", tuple(edits), Safety.PROVEN))


def _uses(project: Project, instruction: Instruction, names: Sequence[str]) -> bool:
    """True when an instruction has one of the names in it as a word, or sets it itself."""
    text = project.dockerfile.text(instruction.span)
    return any(re.search(rf"(?<!\w){re.escape(name)}(?!\w)", text) for name in names)


def _obstacle(project: Project, stage: Stage, arg: Instruction, passed: Sequence[Instruction]) -> str:
    """Why the ARG stays; "" when it can move."""
    if any(each.base_stage == stage.index for each in project.dockerfile.stages):
        return "another stage is built FROM this one, and would have the value from another place"
    newline = project.dockerfile.source.rfind(b"\n", 0, arg.span.start) + 1
    if project.dockerfile.source[newline : arg.span.start].strip():
        return "something stands before it on its line"
    if arg.flags or len(arg.pairs()) > 1:
        return "it declares several values at once"
    for run in passed:
        script = project.script(run)
        if not script.ok:
            return f"the RUN of line {run.start_line} is not understood, and may read the variable"
        for command in script.commands:
            if command.name in ("env", "printenv", "export", "set", "envsubst", "eval", "make") or (
                "/" in command.name
            ):
                return f"{command.name} in line {run.start_line} may read the variable"
    return ""


def _seconds(project: Project, run: Instruction) -> float:
    from jettison.shell.packages import action

    costs = load("costs")["install_seconds"]
    done = [found for command in project.script(run).commands if (found := action(command)) is not None]
    return max([float(costs.get(each.manager.name, 2)) for each in done], default=1.0)
