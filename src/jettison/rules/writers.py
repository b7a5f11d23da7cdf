"""What may put files below a folder of the image before a certain instruction."""

from __future__ import annotations

import posixpath

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.project import Project
from jettison.rules.making import made_by
from jettison.shell import Command
from jettison.shell.packages import action
from jettison.stages import covers


def may_write(project: Project, run: Instruction, folder: str, *, until: Command | None = None) -> bool:
    """True unless every command of a RUN, or every one before `until`, is known to leave this folder
    alone."""
    script = project.script(run)
    if not script.ok:
        return True
    at = project.scope(run).workdir
    moved = bool(script.named("cd", "pushd"))
    commands = [c for c in script.commands if until is None or c.start < until.start]
    return any(_writes(command, folder, "" if moved else at) for command in commands)


def users_only(project: Project, run: Instruction, *, besides: Command | None = None) -> bool:
    """True when a RUN does nothing, one command apart, but make users and groups."""
    facts = load("owners")["commands"]
    script = project.script(run)
    commands = [command for command in script.commands if command is not besides]
    harmless = (*facts["users"], "set", "true", ":")
    return script.ok and bool(commands) and all(c.name in harmless and not c.redirects for c in commands)


def may_make_users(project: Project, run: Instruction, *, until: Command | None = None) -> bool:
    """True unless every command of a RUN, or every one before `until`, is known to make no user: packages
    do."""
    facts = load("owners")["commands"]
    script = project.script(run)
    harmless = (*facts["harmless"], *facts["worded"], "cd", "pushd")
    for command in script.commands:
        if until is not None and command.start >= until.start:
            continue
        done = action(command)
        if done is not None and (done.manager.family in ("python", "node") or done.verb == "clean"):
            continue
        if done is not None or command.name not in harmless:
            return True
    return not script.ok


def makes_user(project: Project, run: Instruction, name: str) -> bool:
    """True when a command of a RUN makes a user or a group of that name."""
    makers = load("owners")["commands"]["users"]
    commands = project.script(run).commands
    return any(c.name in makers and name in [word.text for word in c.operands] for c in commands)


def made_folders(project: Project, stage: Stage, before: Instruction, folder: str) -> list[str]:
    """The folder itself and those below it that WORKDIR instructions before a point make, outermost first."""
    found: dict[str, None] = {}
    for instruction in stage.instructions:
        if instruction.span.start >= before.span.start:
            break
        if instruction.keyword == "WORKDIR" and instruction.words:
            scope = project.scope(instruction)
            path = scope.expand(instruction.words[0].text, instruction.escape).text
            path = posixpath.normpath(posixpath.join(scope.workdir, path))
            while covers(folder, path):
                found[path] = None
                path = posixpath.dirname(path)
    return sorted(found, key=lambda path: path.count("/"))


def _writes(command: Command, folder: str, at: str) -> bool:
    facts = load("owners")["commands"]
    done = action(command)
    targets = [r.target.text for r in command.redirects if r.target is not None and ">" in r.operator]
    if any(text is None or not _outside(text, folder, at) for text in targets):
        return True
    if done is not None:
        return not _system_only(done.manager.name, done.verb, done.flags, done.files, facts)
    if command.name in facts["harmless"] or command.name in facts["users"] or command.name in ("cd", "pushd"):
        return False
    if {word.text for word in command.arguments} <= {
        "--version",
        "-version",
        "-v",
        "-V",
    } and command.arguments:
        return False
    if command.name not in facts["worded"]:
        return True
    named = [*command.operands, *(option.word for option in command.options if option.value)]
    values = [option.value for option in command.options if option.value]
    if any(word.text is None for word in named):
        return True
    if command.name == "mkdir":
        return any(covers(folder, place) for place in made_by(command, at or folder))
    words = [word.text or "" for word in command.operands if "://" not in (word.text or "")]
    if command.name in ("curl", "wget", "tar", "unzip", "cp", "mv", "install"):
        return any(covers(folder, place) or covers(place, folder) for place in made_by(command, at or folder))
    return not all(_outside(word, folder, at) for word in (*words, *values))


def _system_only(
    name: str, verb: str, flags: tuple[str, ...], files: tuple[str, ...], facts: dict[str, list[str]]
) -> bool:
    if verb == "clean":
        return True
    if {"-g", "--global", "--system"} & set(flags):
        return True
    if name not in facts["system"] or set(facts["elsewhere"]) & set(flags):
        return False
    return not any(
        file == "." or (file.startswith((".", "/")) and not file.endswith((".txt", ".in"))) for file in files
    )


def _outside(text: str, folder: str, at: str) -> bool:
    """True for a path that is neither in the folder nor above it; words that are no path count by where they
    are.
    """
    if not text.startswith("/") and not at:
        return False
    path = posixpath.normpath(posixpath.join(at or "/", text))
    return not covers(folder, path) and (path == "/" or not covers(path, folder))
