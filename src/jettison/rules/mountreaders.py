"""What reads a package manager's cache after the step that fills it: under a mount no layer has it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.stages import find_stage
from jettison.facts import load
from jettison.project import Project
from jettison.shell import Command, Script
from jettison.shell.packages import PackageManager, action


def reader(project: Project, stage: Stage, first: Instruction, targets: tuple[str, ...]) -> str | None:
    """The step that takes something out of these folders of a stage, or names them, after `first`.

    None when there is none. A clean-up that removes them is no reader.
    """
    for each in project.dockerfile.below(stage):
        for run, script in project.runs(each):
            if each is stage and run.span.start <= first.span.start:
                continue
            texts = (
                [script.text.text] if not script.ok else [_text(c) for c in script.commands if c.name != "rm"]
            )
            if any(_names(text, target) for text in texts for target in targets):
                return f"the RUN of line {run.start_line} names that cache"
    for line, source in _taken_from(project, stage):
        for target in targets:
            if _overlap(posixpath.normpath("/" + source.lstrip("/")), target):
                return f"line {line} takes {source} out of this stage, and the cache with it"
    return None


def callers(project: Project, stage: Stage, first: Instruction) -> Iterator[Instruction]:
    """The RUNs after `first` that call a program which may call any package manager: make, scripts, ..."""
    for run, script in project.runs(stage):
        if run.span.start > first.span.start and any(map(may_call_others, script.commands)):
            yield run


def needs_it_below(project: Project, stage: Stage, manager: PackageManager) -> str | None:
    """Why a stage built FROM this one may need the cache in a layer; None when none does."""
    for each in project.dockerfile.below(stage):
        if each is stage:
            continue
        for run, script in project.runs(each):
            if not script.ok or any(map(may_call_others, script.commands)):
                return f"the RUN of line {run.start_line}, in a stage built FROM this one, may need it"
            if any((done := action(c)) and done.manager is manager for c in script.commands):
                return f"the RUN of line {run.start_line}, in a stage built FROM this one, needs it too"
    return None


def offline(run: Instruction, script: Script, manager: PackageManager, env: Mapping[str, str]) -> str | None:
    """Why a RUN that reads the cache could not fill it by itself; None when it could.

    A mount is empty on a builder that has the earlier step from a registry cache, or whose mounts were
    pruned: there a step that works offline fails.
    """
    line = run.start_line
    if (flag := run.flag("network")) and flag.value == "none":
        return f"the RUN of line {line} has no network, and would fail on a builder whose mount is empty"
    words = {word.text for command in script.commands for word in (*command.words, *command.assignments)}
    words |= {f"{name}={value}" for name, value in env.items()}
    for word in manager.offline:
        if word in words:
            return f"the RUN of line {line} says {word}, and would fail on a builder whose mount is empty"
    return None


def offline_below(project: Project, stage: Stage, manager: PackageManager) -> str | None:
    """Why a step of this stage, or of one built FROM it, would miss what an earlier one left in the cache;
    None when none would.
    """
    for each in project.dockerfile.below(stage):
        for run, script in project.runs(each):
            done = (action(command) for command in script.commands)
            used = any(each and each.manager is manager and each.verb != "other" for each in done)
            if used and (why := offline(run, script, manager, project.scope(run).variables)):
                return why
    return None


def may_call_others(command: Command) -> bool:
    """True for make, scripts and the like, which call programs that the Dockerfile does not name."""
    if action(command) is not None:
        return False
    table = load("commands")["callers"]
    if command.name in table["shells"]:
        return any(word.text is None or not word.text.startswith("-") for word in command.words[1:])
    return command.name in table["names"] or "/" in command.name or command.name.endswith(".sh")


def _taken_from(project: Project, stage: Stage) -> Iterator[tuple[int, str]]:
    """Line and source of every COPY and mount that takes something out of this stage or one built FROM it."""
    below = {each.index for each in project.dockerfile.below(stage)}
    for other in project.dockerfile.stages:
        earlier = project.dockerfile.stages[: other.index]
        for each in other.instructions:
            flag = each.flag("from") if each.keyword in ("COPY", "ADD") else None
            if flag and flag.value:
                found = find_stage(flag.value, earlier)
                if found and found.index in below:
                    yield from ((each.start_line, word.text) for word in each.words[:-1])
            for mount in each.mounts:
                found = find_stage(mount.options.get("from", ""), earlier, by_number=False)
                if found and found.index in below:
                    yield each.start_line, mount.options.get("source", mount.options.get("src", "/"))


def _overlap(source: str, target: str) -> bool:
    """True when a source lies in the folder, or the folder in a source that is not the whole image."""
    inside = source.startswith(target + "/") or source == target
    return inside or (source != "/" and target.startswith(source + "/"))


def _names(text: str, target: str) -> bool:
    """True when a text names a folder, by its path or by the last two parts of it."""
    tail = "/".join(target.split("/")[-2:])
    return re.search(rf"(?:^|[\s\"'=:/~{{}}]){re.escape(tail)}(?:$|[\s\"'/;:)])", text) is not None


def _text(command: Command) -> str:
    return " ".join(word.raw for word in (*command.assignments, *command.words))
