"""Who still reads the package lists that a RUN fetched."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.project import Project
from jettison.rules.merging import merge
from jettison.shell import Command
from jettison.shell.packages import PackageManager, action
from jettison.shell.render import Refusal
from jettison.spans import Edit

_UPDATES = frozenset(("-U", "--update", "--update-cache", "--no-cache"))
_INSTALLS_APT = rb"\bapt(?:-get|itude)?\b[^\n;&|]*\b(?:install|build-dep|download|source)\b"
_UPDATES_APT = rb"\bapt(?:-get|itude)?\b[^\n;&|]*\bupdate\b"
_READ = 100_000


def readers(project: Project, run: Instruction, manager: PackageManager) -> tuple[Instruction, ...]:
    """The later RUNs, here or in a stage built FROM this one, that read the package lists this RUN fetched.

    Only apt and apk read lists that an earlier RUN fetched; the others fetch their own. A script that is run
    counts by what its file in the context says, a RUN that is not understood by its words.
    """
    found: list[Instruction] = []
    for later in _later_runs(project, run) if manager.name in ("apt-get", "apk") else ():
        effect = _effect(project, later, manager)
        if effect == "renews":
            break
        if effect == "reads":
            found.append(later)
    return tuple(found)


def join_readers(
    project: Project, run: Instruction, found: tuple[Instruction, ...]
) -> tuple[Edit, ...] | Refusal:
    """Edits that make one RUN of the one that fetches the lists and all that read them, when nothing stands
    between.
    """
    stage = project.dockerfile.stage_of(run)
    first = found[0].start_line
    elsewhere = [each for each in found if project.dockerfile.stage_of(each) is not stage]
    if stage is None or elsewhere or found[-1] not in stage.instructions:
        return Refusal(f"line {first} installs from these lists without an update of its own")
    between = [i for i in stage.instructions if run.span.start <= i.span.start <= found[-1].span.start]
    other = next((each for each in between if each.keyword != "RUN"), None)
    if other is not None:
        why = f"{other.keyword} on line {other.start_line} stands between"
        return Refusal(f"line {first} installs from these lists without an update of its own, and {why}")
    return merge(project, between)


def _later_runs(project: Project, run: Instruction) -> Iterator[Instruction]:
    own = project.dockerfile.stage_of(run)
    below: set[int] = {own.index} if own is not None else set()
    for stage in project.dockerfile.stages:
        if stage is own or stage.base_stage in below:
            below.add(stage.index)
            yield from (each for each in _runs(stage) if stage is not own or each.span.start > run.span.start)


def _runs(stage: Stage) -> Iterator[Instruction]:
    for instruction in stage.instructions:
        body = instruction.onbuild or instruction
        if body.keyword == "RUN":
            yield body


def _effect(project: Project, run: Instruction, manager: PackageManager) -> str:
    """What a RUN does with lists that it finds: `reads` them, `renews` them before it does, or ""."""
    script = project.script(run)
    if not script.ok:
        text = project.dockerfile.source[run.span.start : run.span.end]
        if manager.name == "apk":
            return "reads" if b"apk" in text else ""
        return "reads" if re.search(_INSTALLS_APT, text) and not re.search(_UPDATES_APT, text) else ""
    for command in script.commands:
        done = action(command)
        verb = done.verb if done is not None and done.manager.name == manager.name else ""
        if verb == "update" or (
            verb and manager.name == "apk" and _UPDATES & set(done.flags if done else ())
        ):
            return "renews" if command.unconditional else ""
        reads = verb in ("install", "upgrade", "download", "build")
        if reads or (command.name == "apt-cache" and manager.name == "apt-get"):
            return "reads"
        if _script_reads_lists(project, command, manager):
            return "reads"
    return ""


def _script_reads_lists(project: Project, command: Command, manager: PackageManager) -> bool:
    """True when the command runs a file of the context that installs with apt and never updates."""
    words = [command.name, *(word.text or "" for word in command.operands[:1])]
    names = {posixpath.basename(word) for word in words if "/" in word or word.endswith(".sh")}
    if manager.name != "apt-get" or not names:
        return False
    for file in project.context.files:
        if posixpath.basename(file.path) in names and file.kind == "file":
            content = project.context.read(file.path, _READ)
            if re.search(_INSTALLS_APT, content) and not re.search(_UPDATES_APT, content):
                return True
    return False
