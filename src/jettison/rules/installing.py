"""A RUN as an install: its leading commands that need only manifests, and what follows them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.installs import Needs, needs
from jettison.installs.bymake import by_make
from jettison.installs.command import needs_of_go_build
from jettison.project import Project
from jettison.shell import Command, Script
from jettison.stages import covers


class Install(NamedTuple):
    """A RUN that installs: its leading commands up to `last` need only `reads`; `rest` follows, if anything
    does. With `first`, that command is run on the manifests, and the RUN stays as a whole. `why` says why an
    install reads the sources."""

    run: Instruction
    manager: str
    system: bool
    reads: tuple[Needs, ...]
    last: Command
    rest: Command | None
    first: str = ""
    why: str = ""

    @property
    def shown(self) -> str:
        """The command, shortened."""
        words = self.last.words
        return " ".join(w.raw for w in words[: 4 if len(words) <= 4 else 3]) + " …" * (len(words) > 4)


def install_of(project: Project, run: Instruction) -> Install | None:
    """The RUN as an install; None when it is another RUN or is not understood."""
    script = project.script(run)
    if not script.ok or script.form != "shell" or not script.commands:
        return None
    build = _build_by_go(project, run, script)
    if build is not None:
        return build
    reads: list[Needs] = []
    last = rest = None
    for command in script.commands:
        need = needs(command)
        if need.kind == "sources" or need.first:
            rest = command
            break
        reads.append(need)
        last = command
    if any(c.context for c in script.commands) and rest is not None:
        return None
    named = [need for need in reads if need.kind == "manifests"]
    named += [need for need in reads if need.system]
    named += [need for need in reads if need.manager]
    if rest is not None and not any(need.kind == "manifests" or need.system for need in reads):
        need = needs(rest)
        if need.first or need.why:
            return _reading(project, run, rest, need, bool(named))
    if not named or last is None:
        return None
    return Install(run, named[0].manager, named[0].system, tuple(reads), last, rest)


_BEFORE_A_BUILD = frozenset(("mkdir", "set", "true", "echo", "export", "go"))
"""Commands that may stand before a build by go in its RUN: fetching its modules needs nothing of them."""


def _build_by_go(project: Project, run: Instruction, script: Script) -> Install | None:
    """A RUN that builds with go, itself or through make, and stays whole: `go mod download` can be run
    first."""
    stage = project.dockerfile.stage_of(run)
    made = [done.command for done in by_make(project, stage, script)] if stage is not None else []
    for command in script.commands:
        need = needs_of_go_build() if command in made else needs(command)
        if need.manager == "go" and need.first and not command.context and "=" not in "".join(_set(command)):
            return Install(run, "go", False, (need,), command, command, need.first)
        if "substitution" not in command.context and command.name not in _BEFORE_A_BUILD:
            return None
    return None


def _set(command: Command) -> list[str]:
    """The assignments before a command that may lead the download elsewhere."""
    return [word.raw for word in command.assignments if word.raw.startswith(("GO", "GIT"))]


def _reading(project: Project, run: Instruction, command: Command, need: Needs, shared: bool) -> Install:
    """An install that reads the sources too, for which another one can be run first, or not."""
    why = need.why
    if need.first and (shared or command.context):
        why = f"`{command.words[0].raw}` shares its RUN with what it needs itself"
    return Install(run, need.manager, False, (need,), command, command, "" if why else need.first, why)


def indivisible(project: Project, install: Install) -> str:
    """Why the RUN cannot be divided after the install; "" when it can."""
    script = project.script(install.run)
    if any(item.kind != "command" or item.background or item.negated for item in script.items):
        return "the install shares its RUN with shell that cannot be divided"
    if any(link.operator != "&&" for link in script.links):
        return "the install shares its RUN with commands that are not joined by &&"
    before = script.commands[: script.commands.index(install.last) + 1]
    if any(c.name in ("set", "cd", "export", "umask") for c in before):
        return "the install shares its RUN with commands that set up the shell"
    start, end = install.last.span.end, install.rest.span.start if install.rest else 0
    if b"#" in project.dockerfile.source[start:end]:
        return "a comment stands where the RUN would be divided"
    return ""


def installed_before(project: Project, stage: Stage, copy: Instruction, install: Install) -> bool:
    """True when a RUN before the COPY, here or in a stage below, has installed from manifests already, or
    when the RUN keeps what would be fetched first in a cache mount."""
    from jettison.shell.packages import find_manager

    manager = find_manager(install.manager)
    kept = any(mount.type == "cache" for mount in install.run.mounts)
    if kept and (install.why or (manager is not None and manager.later)):
        return True
    for earlier in before(project, stage, copy):
        if earlier.keyword == "RUN":
            done = [needs(command) for command in project.script(earlier).commands]
            same = [need for need in done if need.manager == install.manager]
            if any(need.kind == "manifests" or install.manager == "cargo" for need in same):
                return True
    return False


def before(project: Project, stage: Stage, until: Instruction) -> Iterator[Instruction]:
    """The instructions of a stage before one of its own, and all of the stages that it is built FROM."""
    below: Stage | None = stage
    while below is not None:
        yield from (each for each in below.instructions if below is not stage or each.span < until.span)
        below = project.dockerfile.stages[below.base_stage] if below.base_stage is not None else None


def settings(project: Project, install: Install, dest: str) -> str:
    """Why a variable of the environment may lead the install to the sources; "" when none does."""
    if install.system:
        return ""
    variables = project.scope(install.run).variables
    for name in load("install-reads")["settings"]["names"]:
        value = variables.get(name, "")
        local = "://" not in value and (not value.startswith("/") or covers(dest, value.split()[0]))
        if value and local and name != "GOFLAGS":
            return f"{name} leads the install to {value}"
        if name == "GOFLAGS" and ("-modfile" in value or "-mod=vendor" in value):
            return f"{name} leads the install to {value}"
    return ""
