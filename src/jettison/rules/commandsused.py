"""Every program that a stage's instructions call, with the line, as far as their text says."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.project import Project
from jettison.shell import Command, Script, parse_text
from jettison.shell.packages import action

_READ = 100_000
_SHELLS = frozenset(("sh", "bash", "dash", "ash"))


class Used(NamedTuple):
    """A call of a program: `where` is `line 7`, or the script of the context that has it."""

    name: str
    where: str
    command: Command


class NotUnderstood(Exception):
    """Some shell text cannot be read, so that what it calls is not known."""


def commands_used(project: Project, stages: tuple[Stage, ...]) -> Iterator[Used]:
    """The calls in RUN, CMD, ENTRYPOINT and HEALTHCHECK of these stages, and in scripts of the context they
    name.

    Raises NotUnderstood with the reason.
    """
    for stage in stages:
        for each in stage.instructions:
            body = each.onbuild or each
            if body.keyword not in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK") or body.error:
                continue
            if body.keyword == "HEALTHCHECK" and body.args.strip().upper() == "NONE":
                continue
            yield from _of_instruction(project, body)


def installed(project: Project, stages: tuple[Stage, ...]) -> frozenset[str]:
    """The system packages that RUNs of these stages install by name."""
    names: set[str] = set()
    for stage in stages:
        for _, script in project.runs(stage):
            for command in script.commands:
                done = action(command)
                if (
                    done is not None
                    and done.verb == "install"
                    and done.manager.family in ("apt", "apk", "rpm")
                ):
                    names |= {package.partition("=")[0] for package in done.packages}
    return frozenset(names)


def _of_instruction(project: Project, body: Instruction) -> Iterator[Used]:
    script = project.script(body)
    if not script.ok:
        raise NotUnderstood(f"line {body.start_line} is not understood: {script.reason}")
    yield from _of_script(project, script, f"line {body.start_line}", frozenset())


def _of_script(project: Project, script: Script, where: str, seen: frozenset[str]) -> Iterator[Used]:
    for command in script.commands:
        if command.name:
            yield Used(command.name, where, command)
        words = [word.text or "" for word in command.arguments]
        if command.name in _SHELLS and "-c" in words[:1] and len(words) > 1:
            inner = parse_text(words[1])
            if not inner.ok:
                raise NotUnderstood(f"{where} is not understood: {inner.reason}")
            yield from _of_script(project, inner, where, seen)
        first = command.words[0].text or "" if command.words else ""
        named = [first, *(words[:1] if command.name in _SHELLS else ())]
        for name in {
            posixpath.basename(word) for word in named if "/" in word or word.endswith(".sh")
        } - seen:
            yield from _of_file(project, name, seen | {name})


def _of_file(project: Project, name: str, seen: frozenset[str]) -> Iterator[Used]:
    """What the shell scripts of that name in the context call."""
    for file in project.context.files:
        if posixpath.basename(file.path) != name or file.kind != "file":
            continue
        text = project.context.read(file.path, _READ)
        first = text.partition(b"\n")[0]
        if not name.endswith(".sh") and not (first.startswith(b"#!") and first.rstrip().endswith(b"sh")):
            continue
        script = parse_text(text.decode("utf-8", "surrogateescape"))
        if not script.ok:
            raise NotUnderstood(f"{file.path} is not understood: {script.reason}")
        yield from _of_script(project, script, file.path, seen)
