"""What one run of a step takes: from the record of a real build, else from facts/costs.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, NamedTuple

from jettison.cache.steps import Step, Steps
from jettison.dockerfile import Instruction
from jettison.facts import load
from jettison.findings import Basis
from jettison.project import Project

if TYPE_CHECKING:
    from jettison.shell import Command
    from jettison.shell.packages import Action

_LEAST = 0.05
"""Seconds. A step that took less in a record is not told from the noise."""


class Cost(NamedTuple):
    """Seconds of one step: `warm` on a builder whose cache mounts are filled, `cold` on a fresh one."""

    cold: float
    warm: float
    basis: Basis


class Measured(NamedTuple):
    """Seconds of a step in builds that were done: on a fresh builder and, None where nobody saw it, on one
    with filled cache mounts."""

    cold: float
    warm: float | None = None


def costs_of(
    project: Project, steps: Steps, measured: Mapping[str, Measured] | None = None
) -> tuple[Cost, ...]:
    """The cost of each step. `measured` is by `text_of` an instruction; what is not in it is scaled from the
    table by what was measured of the rest."""
    table = [_by_table(project, step) for step in steps]
    texts = [text_of(step) for step in steps]
    known = measured or {}
    both = [(known[text].cold, cost.cold) for text, cost in zip(texts, table, strict=True) if text in known]
    expected = sum(cost for _, cost in both)
    scale = sum(seconds for seconds, _ in both) / expected if expected and known else 1.0
    found = []
    for text, cost in zip(texts, table, strict=True):
        if text in known:
            cold, warm = (max(each or 0.0, _LEAST) for each in known[text])
            if known[text].warm is None:
                warm = cold * cost.warm / cost.cold if cost.cold else cold
            found.append(Cost(cold, warm, Basis.MEASURED))
        elif known:
            found.append(Cost(cost.cold * scale, cost.warm * scale, Basis.MODELLED))
        else:
            found.append(cost)
    return tuple(found)


def text_of(step: Step) -> str:
    """A step as one text, by which it is found again in a record and after a rewrite."""
    return text_of_half(step.instruction, step.merge)


def text_of_half(instruction: Instruction, merge: bool) -> str:
    """The same of an instruction; `merge` is for the second half of a COPY --link."""
    return f"{instruction.keyword} {instruction.args}{' LINK' if merge else ''}"


def _by_table(project: Project, step: Step) -> Cost:
    instruction = step.instruction
    if step.merge or not step.parts or step.parts[0].kind == "base":
        return Cost(0.0, 0.0, Basis.RULE_OF_THUMB)
    least = float(load("costs")["step_seconds"].get(instruction.keyword, 0.1))
    if instruction.keyword != "RUN":
        return Cost(least, least, Basis.RULE_OF_THUMB)
    cold, saved = _of_commands(project, step)
    mounted = [mount.options.get("target", "") for mount in instruction.mounts if mount.type == "cache"]
    warm = max(cold - saved, 0.1 * cold) if mounted else cold
    return Cost(least + cold, least + warm, Basis.RULE_OF_THUMB)


def _of_commands(project: Project, step: Step) -> tuple[float, float]:
    """Seconds of the commands of a RUN, and what filled cache mounts save of them."""
    from jettison.installs.bymake import by_make
    from jettison.shell.packages import action

    script = project.script(step.instruction)
    if not script.ok:
        return float(load("costs")["step_seconds"]["unknown"]), 0.0
    made = {done.command.span: done for done in by_make(project, step.stage, script)}
    seconds = saved = 0.0
    for command in script.commands:
        done = action(command) or made.get(command.span)
        share = 0.5 if {"if", "case"} & set(command.context) else 1.0
        one, less = _of_command(project, step, command, done)
        seconds += share * one
        saved += share * less
    return seconds, saved


def _of_command(project: Project, step: Step, command: Command, done: Action | None) -> tuple[float, float]:
    facts = load("costs")
    installs, mounts = facts["install_seconds"], facts["cache_mount_seconds"]
    if done is not None and done.verb in ("install", "download", "upgrade"):
        return float(installs.get(done.manager.name, 10)), float(mounts.get(done.manager.name, 5))
    words = [word.raw for word in command.words]
    called = [command.name, *words[1:2]]
    if done is not None and done.subcommand and done.command is command:
        called = [done.manager.name, done.subcommand.split()[0]]
    seconds = _longest(facts["command_seconds"], called)
    if done is None or done.verb != "build":
        return seconds, 0.0
    saved = float(mounts.get(done.manager.name, 5))
    if done.manager.name == "go" and not _downloaded(project, step):
        seconds, saved = seconds + installs["go"], saved + installs["go"]
    return seconds, saved


def _downloaded(project: Project, step: Step) -> bool:
    """True when a layer of the stage has Go's modules. A mount may have lost them on a fresh builder."""
    from jettison.shell.packages import action

    for run, script in project.runs(step.stage):
        if run.span.start >= step.instruction.span.start:
            break
        done = (action(command) for command in script.commands if not run.mounts)
        if any(each is not None and each.manager.name == "go" and each.verb == "download" for each in done):
            return True
    return False


def _longest(table: Mapping[str, float], words: Sequence[str]) -> float:
    for end in range(len(words), 0, -1):
        found = table.get(" ".join(words[:end]))
        if found is not None:
            return float(found)
    return 0.0
