"""The steps of a Dockerfile with rules of thumb for their seconds, and what each waits for."""

from __future__ import annotations

from typing import NamedTuple

from jettison.dockerfile import Instruction
from jettison.dockerfile.stages import find_stage
from jettison.facts import load
from jettison.project import Project
from jettison.shell.packages import action


class Rough(NamedTuple):
    """Steps in the order of the file; `after` holds for each the indexes of those that it waits for."""

    steps: tuple[Instruction, ...]
    seconds: tuple[float, ...]
    after: tuple[tuple[int, ...], ...]


def rough(project: Project) -> Rough:
    """The instructions that the build of the final stage runs, none of them cached."""
    steps: list[Instruction] = []
    after: list[tuple[int, ...]] = []
    last: dict[int, int] = {}
    stages = project.dockerfile.stages
    final = project.final_stage
    for stage in project.dockerfile.lineage(final) if final is not None else ():
        waits = () if stage.base_stage is None else (last[stage.base_stage],)
        for instruction in (stage.from_, *stage.instructions):
            names = [flag.value for flag in instruction.flags if flag.name == "from" and flag.value]
            names += [mount.options["from"] for mount in instruction.mounts if "from" in mount.options]
            found = (find_stage(name, stages[: stage.index]) for name in names)
            others = {last[each.index] for each in found if each is not None}
            after.append(tuple(sorted({*waits, *others})))
            waits = (len(steps),)
            steps.append(instruction)
        last[stage.index] = len(steps) - 1
    return Rough(tuple(steps), tuple(seconds_of(project, each) for each in steps), tuple(after))


def seconds_of(project: Project, step: Instruction) -> float:
    """What a step takes by the kind of its commands (facts/costs.toml): a rule of thumb, never measured
    here.
    """
    costs = load("costs")
    each: dict[str, float] = costs["step_seconds"]
    if step.keyword != "RUN":
        return each["copy"] if step.keyword in ("COPY", "ADD") else 0.0
    total = 0.0
    for command in project.script(step).commands:
        done = action(command)
        if done is not None and done.verb in ("install", "download"):
            total += costs["install_seconds"].get(done.manager.name, 10)
        elif done is not None and done.verb in ("build", "run"):
            total += costs["build_seconds"].get(done.manager.name, 10)
    return total or each["run"]
