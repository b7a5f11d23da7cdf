"""Which paths of the image a command makes, as far as its words say."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.dockerfile import Instruction
from jettison.project import Project
from jettison.rules.leftovers import home, removed
from jettison.shell import Command
from jettison.stages import covers


def fills(project: Project, run: Instruction, path: str, recursive: bool) -> bool:
    """True when a RUN fetches or unpacks something to this path, or below it, and does not remove it
    itself."""
    script = project.script(run)
    if any(path in removed(command, home(project, run)) for command in script.commands):
        return False
    folder = "" if script.named("cd") else project.scope(run).workdir
    return any(
        place == path or (recursive and covers(path, place))
        for command in script.commands
        for place in made_by(command, folder)
    )


def made_by(command: Command, folder: str) -> Iterator[str]:
    """The absolute paths that a command makes; `folder` is where it runs, "" when that is not known."""
    for name in _names(command):
        if name.startswith("/"):
            yield posixpath.normpath(name)
        elif folder:
            yield posixpath.normpath(posixpath.join(folder, name))


def _names(command: Command) -> list[str]:
    words = [word.text for word in command.operands if word.text]
    values = {option.name: option.value for option in command.options if option.value}
    written = [r.target.text for r in command.redirects if r.target and r.target.text and ">" in r.operator]
    if command.name in ("curl", "wget"):
        return written + _downloads(command, words, values)
    if command.name in ("tar", "unzip"):
        return [value for name, value in values.items() if name in ("-C", "--directory", "-d")] or ["."]
    if command.name == "git" and words[:1] == ["clone"] and len(words) > 1:
        return [words[2] if len(words) > 2 else posixpath.basename(words[1]).removesuffix(".git")]
    if command.name in ("cp", "mv", "install", "rsync") and len(words) > 1:
        return words[-1:]
    return words if command.name == "mkdir" else []


def _downloads(command: Command, words: list[str], values: dict[str, str]) -> list[str]:
    outputs = ("-o", "--output") if command.name == "curl" else ("-O", "--output-document")
    named = [value for name, value in values.items() if name in outputs]
    by_url = command.name == "wget" or command.has_option("-O", "--remote-name")
    if named or not by_url:
        return named
    folder = values.get("-P") or values.get("--directory-prefix") or ""
    return [
        posixpath.join(folder, posixpath.basename(word.partition("?")[0])) for word in words if "://" in word
    ]
