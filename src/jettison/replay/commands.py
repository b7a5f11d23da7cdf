"""What one run of an instruction takes, by the commands in it and the table facts/costs.toml."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.project import Project

if TYPE_CHECKING:
    from jettison.shell import Command
    from jettison.shell.packages import Action


def by_table(project: Project, stage: Stage, instruction: Instruction) -> tuple[float, float]:
    """Seconds of one run on a fresh builder, and how many of them filled cache mounts would save."""
    least = float(load("costs")["step_seconds"].get(instruction.keyword, 0.1))
    if instruction.keyword != "RUN":
        return least, 0.0
    cold, saved = _of_commands(project, stage, instruction)
    return least + cold, min(saved, 0.9 * cold)


def costliest(project: Project, stage: Stage, run: Instruction) -> Command:
    """The command of a RUN that takes longest; the first of equals. There has to be one."""
    from jettison.shell.packages import action

    return max(
        project.script(run).commands,
        key=lambda command: _of_command(project, stage, run, command, action(command))[0],
    )


def _of_commands(project: Project, stage: Stage, run: Instruction) -> tuple[float, float]:
    from jettison.installs.bymake import by_make
    from jettison.shell.packages import action

    script = project.script(run)
    if not script.ok:
        return float(load("costs")["step_seconds"]["unknown"]), 0.0
    made = {done.command.span: done for done in by_make(project, stage, script)}
    seconds = saved = 0.0
    for command in script.commands:
        done = action(command) or made.get(command.span)
        share = 0.5 if {"if", "case"} & set(command.context) else 1.0
        one, less = _of_command(project, stage, run, command, done)
        seconds += share * one
        saved += share * less
    return seconds, saved


def _of_command(
    project: Project, stage: Stage, run: Instruction, command: Command, done: Action | None
) -> tuple[float, float]:
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
    if done.manager.name == "go" and not _downloaded(project, stage, run):
        seconds, saved = seconds + installs["go"], saved + installs["go"]
    return seconds, saved


def _downloaded(project: Project, stage: Stage, before: Instruction) -> bool:
    """True when a layer of the stage has Go's modules. A mount may have lost them on a fresh builder."""
    from jettison.shell.packages import action

    for run, script in project.runs(stage):
        if run.span.start >= before.span.start:
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
