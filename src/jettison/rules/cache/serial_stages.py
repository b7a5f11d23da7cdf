"""A stage, or a step, waits for another that it does not need."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.dockerfile import Instruction, Stage
from jettison.errors import CannotRun
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.installs import SYSTEM
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Edit, OverlappingEdits, apply
from jettison.stages import covers

if TYPE_CHECKING:
    from jettison.rules.apart import Apart

_MANY = 2
"""Tasks that it takes for one to wait for another."""


@rule("JT207", order=60)
def serial_stages(project: Project) -> Iterator[Finding]:
    """A stage, or a step, waits for another that it does not need.

    What:
        Two installs or builds, one after the other in one stage, of different languages or in different
        folders. And a stage built FROM another although it uses nothing that the other one makes.

    Why:
        BuildKit builds stages side by side, but the steps of one stage one after the other. The build takes
        the sum of both, where it could take the longer one, and a change of the first runs the second again.

    How it is fixed:
        One of them gets a stage of its own FROM what both need, and COPY --from brings what it makes to where
        the next step may need it. A stage that needs nothing of the one it is built FROM is built on that
        one's base. A real build has to give the same files. The seconds are those that the longest path
        through all stages loses, by rules of thumb.

    When not:
        Where something is left outside the folder that is brought back (packages of the system, tools for the
        whole image, browsers in HOME), where files of another folder may be read, for a user other than root
        (COPY --from gives the folder to root), and where a folder would be shipped twice. Where everything
        waits for something longer all the same, nothing is said: that is not worth a stage.

    References:
        https://docs.docker.com/build/building/multi-stage/
    """
    for stage in project.dockerfile.stages:
        if stage.base_stage is not None and (found := _between(project, stage)):
            yield found
        if found := _within(project, stage):
            yield found


def _within(project: Project, stage: Stage) -> Finding | None:
    """Two tasks of one stage."""
    steps = stage.instructions
    if sum(_works(project, step) for step in steps) < _MANY:
        return None
    from jettison.rules.apart import find, read_line

    found = find(read_line(project, steps, stage in project.shipped), range(len(steps)))
    if found is None:
        return None
    from jettison.rules.besides import split

    edits = split(project, stage, found)
    return _finding(project, stage, found, edits, _obstacle(project, stage, found))


def _between(project: Project, stage: Stage) -> Finding | None:
    """A task of a stage, and one of the stage that it is built FROM."""
    assert stage.base_stage is not None
    below = project.dockerfile.stages[stage.base_stage]
    steps = (*below.instructions, *stage.instructions)
    count = len(below.instructions)
    if not all(any(_works(project, step) for step in each.instructions) for each in (below, stage)):
        return None
    from jettison.rules.apart import find, read_line

    found = find(read_line(project, steps, stage in project.shipped), range(count), across=count)
    if found is None:
        return None
    from jettison.rules.besides import rebase

    edits = rebase(project, below, stage, found)
    return _finding(project, stage, found, edits, _obstacle(project, stage, found))


def _works(project: Project, step: Instruction) -> bool:
    """True for a RUN that calls a package manager of a language."""
    from jettison.shell.packages import action

    commands = project.script(step).commands if step.keyword == "RUN" else ()
    found = (action(command) for command in commands)
    return any(done is not None and done.manager.family not in SYSTEM for done in found)


def _finding(
    project: Project, stage: Stage, apart: Apart, edits: tuple[Edit, ...], refused: str
) -> Finding | None:
    """The finding with its fix; None where something else takes longer all the same."""
    try:
        after = project.changed(apply(project.dockerfile.source, edits), {})
        now, then = _longest(project), _longest(after)
    except (CannotRun, OverlappingEdits):
        return None
    if now - then < 1:
        return None
    other = max(apart.others, key=lambda task: task.weight)
    first, second = sorted((apart.tasks[0], other), key=lambda task: task.run.span)
    message = (
        f"`{second.shown}` waits for `{first.shown}` of line {first.run.start_line}, which it does not need: "
        f"side by side the longest path takes about {then:.0f} s instead of {now:.0f} s"
    )
    saving = Saving(seconds=round(now - then, 1))
    if refused or apart.refused:
        return Finding(second.run.span, message, saving, refused=refused or apart.refused)
    title = f"Make {' and '.join(apart.brings)} in a stage beside it"
    fix = Fix(title, edits, Safety.PROVEN, allows=_allowance(project, stage, apart))
    return Finding(second.run.span, message, saving, fix)


def _longest(project: Project) -> float:
    """Seconds of the longest path through the stages, by rules of thumb. Raises CannotRun."""
    from jettison.cache.steps import Build, read_steps
    from jettison.replay.costs import costs_of
    from jettison.replay.critical import length

    steps = read_steps(project.dockerfile, Build(project.build_args, project.target))
    return length([cost.cold for cost in costs_of(project, steps)], [step.needs for step in steps])


def _obstacle(project: Project, stage: Stage, apart: Apart) -> str:
    """Why the stage cannot lose a chain, by what others take of it; "" when it can."""
    from jettison.rules.besides import numbered, takers
    from jettison.rules.tasks import leftovers

    if numbered(project.dockerfile) or (project.target or "").isdigit():
        return "a stage is called by its number, which one more stage would change"
    left = list(leftovers(project, apart.tasks))
    for taker, path in takers(project, stage):
        if path is None or any(covers(path, place.rstrip("/*")) for place in left):
            return f"line {taker.start_line} may take the caches of `{apart.tasks[0].shown}`, too"
    return ""


def _allowance(project: Project, stage: Stage, apart: Apart) -> Allowance:
    """The caches of what moves out stay in its stage, and those of the rest may be filled otherwise."""
    if stage not in project.shipped:
        return Allowance()
    from jettison.rules.tasks import leftovers

    left = tuple(dict.fromkeys(leftovers(project, apart.tasks)))
    return Allowance(vanish=left, change=left)
