"""What a package manager leaves in the layer of a RUN: where it is, whether it is removed, who may still need
it.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator, Mapping
from typing import Any

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Reference, base_facts
from jettison.project import Project
from jettison.rules.copies import from_context
from jettison.shell import Command, Script
from jettison.shell.packages import Action, PackageManager, action

MAKES = ("install", "upgrade", "update", "download", "build")
"""The verbs that leave something behind."""

_UPDATES = frozenset(("-U", "--update", "--update-cache", "--no-cache"))
_INSTALLS_APT = re.compile(rb"\bapt(?:-get|itude)?\b[^\n;&|]*\b(?:install|build-dep|download|source)\b")
_UPDATES_APT = re.compile(rb"\bapt(?:-get|itude)?\b[^\n;&|]*\bupdate\b")
_READ = 100_000


def leftover_row(manager: PackageManager) -> dict[str, Any] | None:
    """The row of leftovers.toml for a manager; None for one that is left alone."""
    return next((row for row in load("leftovers")["leftover"] if row["manager"] == manager.name), None)


def actions(script: Script) -> list[Action]:
    """What the commands of a RUN tell package managers, in order."""
    return [found for command in script.commands if (found := action(command)) is not None]


def home(project: Project, run: Instruction) -> str:
    """HOME of the user that a RUN runs as, as far as the Dockerfile and the base image's facts say."""
    scope = project.scope(run)
    if scope.variables.get("HOME"):
        return scope.variables["HOME"]
    user = (scope.user or "root").partition(":")[0]
    if user in ("root", "0"):
        stage = project.dockerfile.stage_of(run)
        facts = base_facts(Reference.parse(project.base_of(stage)).repository) if stage is not None else None
        return facts.home if facts is not None and facts.user == "root" else "/root"
    return f"/home/{user}"


def left_paths(project: Project, run: Instruction, manager: PackageManager) -> tuple[str, ...]:
    """The folders, without a final `/*`, that the manager leaves full in this RUN's layer."""
    places = manager.left_behind(home(project, run), project.scope(run).variables)
    folders = (place.removesuffix("/*") for place in places)
    return tuple(folder for folder in folders if "*" not in folder)


def mounted(run: Instruction, folder: str) -> bool:
    """True when a cache or tmpfs mount keeps this folder out of the layer."""
    for mount in run.mounts:
        target = mount.options.get("target", "").rstrip("/")
        if mount.type in ("cache", "tmpfs") and target and covers(target, folder):
            return True
    return False


def removal(script: Script, folders: Iterable[str], at_home: str, after: int = 0) -> Command | None:
    """The last command from character `after` on that empties all these folders with `rm` or `find -delete`.
    """
    wanted = tuple(folders)
    for command in reversed(script.commands):
        if command.start < after or command.name not in ("rm", "find"):
            continue
        if command.name == "find" and "-delete" not in (word.text for word in command.words):
            continue
        named = [
            _folder(word.text if word.text is not None else word.raw, at_home) for word in command.operands
        ]
        if wanted and all(any(covers(each, folder) for each in named) for folder in wanted):
            return command
    return None


def covers(outer: str, inner: str) -> bool:
    """True when one absolute path is the other or a folder above it."""
    return inner == outer or inner.startswith(outer.rstrip("/") + "/")


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


def weight(project: Project, run: Instruction, row: Mapping[str, Any], made: Iterable[Action]) -> int:
    """Bytes that stay behind, by rule of thumb."""
    each: float = row.get("each", 0)
    count = sum(_packages(project, run, done) for done in made if done.verb != "update") if each else 0
    return int((row.get("mb", 0) + each * max(1, count)) * 1e6) if each else int(row["mb"] * 1e6)


def _folder(path: str, at_home: str) -> str:
    for name in ("~/", "$HOME/", "${HOME}/"):
        path = path.replace(name, at_home.rstrip("/") + "/") if path.startswith((name, '"' + name)) else path
    return posixpath.normpath(path.strip('"').removesuffix("/*").removesuffix("/**") or "/")


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


def _packages(project: Project, run: Instruction, done: Action) -> int:
    """How many packages an install names, in words and in the files of the context that it reads."""
    count = len(done.packages)
    folder = project.scope(run).workdir
    if done.manager.name in ("npm", "yarn") and not done.packages:
        lock = from_context(project, posixpath.join(folder, "package-lock.json"), run)
        return _locked(project.context.read(lock, 5_000_000)) if lock else 0
    for name in done.files:
        file = from_context(project, posixpath.normpath(posixpath.join(folder, name)), run)
        lines = project.context.read(file, _READ).splitlines() if file else []
        count += sum(1 for line in lines if line.strip() and not line.lstrip().startswith((b"#", b"-")))
    return count


def _locked(content: bytes) -> int:
    import json

    try:
        packages = json.loads(content).get("packages", {})
    except (ValueError, AttributeError, RecursionError):
        return 0
    return len(packages) if isinstance(packages, dict) else 0
