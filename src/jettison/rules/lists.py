"""Who still reads the package lists that a RUN fetched."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.project import Project
from jettison.shell import Command
from jettison.shell.packages import PackageManager, action

_UPDATES = frozenset(("-U", "--update", "--update-cache", "--no-cache"))
_INSTALLS_APT = re.compile(rb"\bapt(?:-get|itude)?\b[^\n;&|]*\b(?:install|build-dep|download|source)\b")
_UPDATES_APT = re.compile(rb"\bapt(?:-get|itude)?\b[^\n;&|]*\bupdate\b")
_READ = 100_000


def needed_later(project: Project, run: Instruction, manager: PackageManager) -> int:
    """The line of a later RUN, here or in a stage built FROM this one, that reads the package lists; 0 for
    none.

    Only apt and apk read lists that an earlier RUN fetched; the others fetch their own. A script that is run
    counts by what its file in the context says, a RUN that is not understood by its words.
    """
    if manager.name not in ("apt-get", "apk"):
        return 0
    for later in _later_runs(project, run):
        if _reads_lists(project, later, manager):
            return later.start_line
    return 0


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


def _reads_lists(project: Project, run: Instruction, manager: PackageManager) -> bool:
    script = project.script(run)
    if not script.ok:
        text = project.dockerfile.source[run.span.start : run.span.end]
        if manager.name == "apk":
            return b"apk" in text
        return bool(_INSTALLS_APT.search(text)) and not _UPDATES_APT.search(text)
    for command in script.commands:
        done = action(command)
        verb = done.verb if done is not None and done.manager.name == manager.name else ""
        if verb == "update" or (
            verb and manager.name == "apk" and _UPDATES & set(done.flags if done else ())
        ):
            return False
        reads = verb in ("install", "upgrade", "download", "build")
        if reads or (command.name == "apt-cache" and manager.name == "apt-get"):
            return True
        if _script_reads_lists(project, command, manager):
            return True
    return False


def _script_reads_lists(project: Project, command: Command, manager: PackageManager) -> bool:
    """True when the command runs a file of the context that installs with apt and never updates."""
    words = [command.name, *(word.text or "" for word in command.operands[:1])]
    names = {posixpath.basename(word) for word in words if "/" in word or word.endswith(".sh")}
    if manager.name != "apt-get" or not names:
        return False
    for file in project.context.files:
        if posixpath.basename(file.path) in names and file.kind == "file":
            content = project.context.read(file.path, _READ)
            if _INSTALLS_APT.search(content) and not _UPDATES_APT.search(content):
                return True
    return False
