"""Why junk of a build context has to stay: the build reads it, or nothing in the build makes it again."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterable, Iterator
from typing import Any

from jettison.dockerfile import Stage
from jettison.facts import load
from jettison.project import Project
from jettison.rules.copies import Taken
from jettison.shell import Command
from jettison.shell.packages import action

_READ = 200_000
_MOST_FILES = 2_000
_NAMELESS = frozenset(("COPY", "ADD", "FROM", "LABEL"))


def leave_row(kind: str) -> dict[str, Any] | None:
    """The row of context-leave.toml for a kind of junk; None when that kind is never left out."""
    return next((row for row in load("context-leave")["leave"] if row["junk"] == kind), None)


class Sources:
    """The files of a context that may be sources, by name: what lies in junk is not among them."""

    def __init__(self, project: Project, junk: Iterable[str]) -> None:
        known = frozenset(junk)
        self.project = project
        self.by_name: dict[str, list[str]] = {}
        in_junk: dict[str, bool] = {"": False}

        def lies_in_junk(folder: str) -> bool:
            if folder not in in_junk:
                in_junk[folder] = folder in known or lies_in_junk(folder.rpartition("/")[0])
            return in_junk[folder]

        for file in project.context.files:
            folder, _, name = file.path.rpartition("/")
            if file.kind == "file" and file.path not in known and not lies_in_junk(folder):
                self.by_name.setdefault(name, []).append(file.path)

    def named(self, patterns: Iterable[str]) -> Iterator[str]:
        """The paths whose name is one of these, or matches one."""
        exact = [pattern for pattern in patterns if "*" not in pattern]
        suffixes = tuple(pattern[1:] for pattern in patterns if "*" in pattern)
        names = [name for name in self.by_name if suffixes and name.endswith(suffixes)]
        for name in dict.fromkeys((*exact, *names)):
            yield from self.by_name.get(name, ())

    def find(
        self, patterns: Iterable[str], texts: Iterable[str], only_named: bool = False
    ) -> tuple[str, str] | None:
        """A file with one of these names and one of these texts in it, and that text."""
        wanted = [text.encode("utf-8", "surrogateescape") for text in texts]
        for seen, path in enumerate(self.named(patterns)):
            if seen >= _MOST_FILES:
                break
            if only_named and not mention(self.project, posixpath.basename(path)):
                continue
            content = self.project.context.read(path, _READ)
            for text in wanted:
                if text in content:
                    return path, text.decode()
        return None


def why_needed(project: Project, row: dict[str, Any], paths: dict[str, list[Taken]], files: Sources) -> str:
    """Why the image or its build needs these paths; "" when nothing is known that does."""
    for reader in row.get("needed_by", ()):
        if why := _reader(project, reader, files):
            return why
    asked: set[str] = set()
    for path, takers in paths.items():
        name = posixpath.basename(path)
        if name in asked and "restored_by" not in row:
            continue
        asked.add(name)
        stages = {project.dockerfile.stage_of(taker.copy) for taker in takers}
        if "restored_by" in row:
            if not all(stage and restored(project, row, stage, name) for stage in stages):
                return f"no RUN makes {path} again"
        elif line := mention(project, name):
            return f"line {line} names {name}"
        elif file := files.find(row.get("mentioned_in", ()), (name,)):
            return f"{file[0]} names {name}"
    return ""


def restored(project: Project, row: dict[str, Any], stage: Stage, name: str) -> bool:
    """True when the stage makes it by itself: a RUN of its line of descent, or a COPY from another stage."""
    for each in _relatives(project, stage):
        for instruction in each.instructions:
            brought = [word.text.rstrip("/") for word in instruction.sources if instruction.flag("from")]
            if any(source.endswith("/" + name) for source in brought):
                return True
            if instruction.keyword == "RUN" and any(
                _makes(row, c) for c in project.script(instruction).commands
            ):
                return True
    return False


def mention(project: Project, name: str) -> int:
    """The line of an instruction, COPY and ADD apart, that has this name in it as a word or as part of a
    path; 0 for none.
    """
    pattern = re.compile(rf"(?<![\w.-]){re.escape(name)}(?![\w-]|\.\w)")
    for instruction in project.dockerfile.instructions:
        if instruction.keyword not in _NAMELESS and pattern.search(project.dockerfile.text(instruction.span)):
            return instruction.start_line
    return 0


def mention_path(project: Project, path: str) -> bool:
    """True when an instruction, COPY and ADD apart, has this path, absolute or from its working directory."""
    pattern = re.compile(rf"(?<![\w./-])(?:\./)?{re.escape(path)}(?![\w-]|\.\w)")
    return any(
        pattern.search(project.dockerfile.text(instruction.span))
        for instruction in project.dockerfile.instructions
        if instruction.keyword not in _NAMELESS
    )


def git_ignores(project: Project, path: str) -> bool:
    """True when the .gitignore at the root names this path or its name, so that it is no source."""
    text = project.context.read(".gitignore", _READ).decode("utf-8", "replace")
    lines = {line.strip().removeprefix("**/").strip("/") for line in text.splitlines() if line[:1] != "#"}
    names = (path, posixpath.basename(path))
    return any(name in lines for name in names) and not any(f"!{name}" in lines for name in names)


def _relatives(project: Project, stage: Stage) -> Iterator[Stage]:
    """The stage, those it is built FROM, and those built FROM it."""
    stages = project.dockerfile.stages
    up: Stage | None = stage
    while up is not None:
        yield up
        up = stages[up.base_stage] if up.base_stage is not None else None
    below = {stage.index}
    for each in stages:
        if each.base_stage in below:
            below.add(each.index)
            yield each


def _makes(row: dict[str, Any], command: Command) -> bool:
    done = action(command)
    if done is None or done.manager.name not in row["restored_by"] or done.verb not in row["verbs"]:
        return False
    return not any(flag in ("-g", "--global") for flag in done.flags)


def _reader(project: Project, reader: dict[str, Any], files: Sources) -> str:
    asked = set(reader.get("commands", ()))
    used = [command for command in _commands(project) if command.name in asked]
    if asked and not used:
        return ""
    if "files" in reader:
        file = files.find(reader["files"], reader["texts"], reader.get("named", False))
        return f"{reader['who']}: {file[0]} says {file[1]}" if file else ""
    words = set(reader.get("words", ()))
    for command in used:
        if not words or words & {word.text for word in command.arguments}:
            return f"{reader['who']} with {command.name}"
    return ""


def _commands(project: Project) -> Iterator[Command]:
    for stage in project.dockerfile.stages:
        for _, script in project.runs(stage):
            yield from script.commands
