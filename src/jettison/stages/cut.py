"""Cut one stage of an interpreted language in two: what builds stays above, what runs goes below.

The builder keeps its bytes. Where the last building RUN ends, the runtime stage begins; what describes the
image or prepares it is said there again, and what follows stays where it is.
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import delete, insert_after
from jettison.facts import load
from jettison.facts.bases import Base, Reference
from jettison.facts.slim import slim_twin, with_tag
from jettison.findings import Allowance
from jettison.project import Project
from jettison.shell import Command
from jettison.shell.packages import Action, action
from jettison.spans import Edit, Span
from jettison.stages import Refusal
from jettison.stages.emit import builder_name
from jettison.stages.start import refuse_target

_DESCRIBES = frozenset(
    ("CMD", "ENTRYPOINT", "EXPOSE", "LABEL", "MAINTAINER", "VOLUME", "STOPSIGNAL", "HEALTHCHECK", "USER")
)
_USERS = frozenset(("useradd", "groupadd", "adduser", "addgroup", "usermod"))
_PLACES = frozenset(("mkdir", "chown", "chmod", "touch", "ln"))
_QUIET = frozenset(("set", "true", ":", "echo", "cd"))

Kind = Callable[[Command], str]
"""What a language says of a command: `build`, `late` (runs below, once everything is there), "" when it does
not know it. Raises Refusal."""


@dataclass(slots=True)
class Cut:
    """A stage read from top to bottom: `last` is the RUN after which the runtime stage begins."""

    project: Project
    stage: Stage
    last: Instruction
    workdir: str
    """The working directory of that RUN."""
    packages: Packages
    kept: list[Instruction] = field(default_factory=list)
    """Instructions of the builder's part that the runtime stage says again, in order."""
    moved: list[Instruction] = field(default_factory=list)
    """Instructions of the builder's part that describe the image: they go from there."""
    tail: tuple[Instruction, ...] = ()

    def text(self, instructions: Iterable[Instruction]) -> list[str]:
        """These instructions as they are written."""
        return [self.project.dockerfile.text(each.span).rstrip() for each in instructions]

    def edits(self, above: Iterable[str], below: Iterable[str]) -> tuple[Edit, ...]:
        """Name the builder, add the lines `above` to it and the runtime stage of the lines `below`."""
        found = [delete(each) for each in self.moved]
        if self.stage.name is None:
            end = self.stage.from_.args_span.end
            found.append(Edit(Span(end, end), f" AS {builder_name(self.stage)}".encode()))
        return (*found, insert_after(self.last, "\n".join([*above, "", *below])))


def read(project: Project, stage: Stage, kind: Kind, also: frozenset[str] = frozenset()) -> Cut | None:
    """The stage as builder and runtime, None when no RUN builds. Raises Refusal.

    `kind` says which commands build, `also` names further packages to build with. Other RUNs are repeated
    below when they only make users and folders or
    install packages that a program may run with, and refused otherwise.
    """
    kinds = {
        run.span.start: _kind_of_run(project, run, kind, also)
        for run in stage.instructions
        if run.keyword == "RUN"
    }
    building = [i for i in stage.instructions if i.keyword == "RUN" and kinds[i.span.start] == "build"]
    if not building:
        return None
    last = building[-1]
    cut = Cut(project, stage, last, project.scope(last).workdir, system_packages(project, stage, also))
    at = stage.instructions.index(last)
    cut.tail = stage.instructions[at + 1 :]
    for instruction in stage.instructions:
        _sort(
            cut, instruction, kinds.get(instruction.span.start, ""), instruction.span.start < last.span.start
        )
    return cut


def _sort(cut: Cut, instruction: Instruction, kind: str, above: bool) -> None:
    word, line = instruction.keyword, instruction.start_line
    if instruction.error or word in ("ONBUILD", "SHELL"):
        raise Refusal(f"line {line} is {word or 'an instruction'} that cannot be moved safely")
    if word == "USER" and above:
        raise Refusal(f"USER changes in line {line}, before everything is built")
    if word == "RUN":
        if kind == "other" or (kind == "late" and above):
            raise Refusal(f"the RUN of line {line} does something whose results the program may need")
        if above and kind == "runtime":
            cut.kept.append(instruction)
        return
    if word in ("COPY", "ADD") and above and instruction.flag("from") is None:
        dest = instruction.dest
        if dest is None or instruction.heredocs or "$" in dest.text:
            raise Refusal(f"what line {line} copies is not certain")
    if not above:
        return
    if word in _DESCRIBES:
        cut.moved.append(instruction)
    elif word in ("ENV", "ARG", "WORKDIR", "COPY", "ADD"):
        cut.kept.append(instruction)


def _kind_of_run(project: Project, run: Instruction, kind: Kind, also: frozenset[str]) -> str:
    """`build`, `runtime` (to be repeated below), `late` (may stay below), `system` (packages) or `other`."""
    script = project.script(run)
    if not script.ok or run.json is not None:
        raise Refusal(
            f"the RUN of line {run.start_line} is not understood: {script.reason or 'it is in JSON form'}"
        )
    kinds = {found for command in script.commands if (found := _kind(command, kind, also)) != "quiet"}
    if "build" in kinds and kinds & {"runtime", "late"}:
        raise Refusal(
            f"the RUN of line {run.start_line} builds, and installs or makes what the program may run with"
        )
    if "system" in kinds and "runtime" in kinds:
        raise Refusal(f"line {run.start_line} makes more than packages to build with")
    order = ("other", "build", "late", "runtime", "system")
    return next((each for each in order if each in kinds), "quiet")


def _kind(command: Command, kind: Kind, also: frozenset[str]) -> str:
    found = kind(command)
    if found:
        return found
    if any(r.target is not None and r.target.raw not in ("/dev/null", "1", "2") for r in command.redirects):
        return "other"
    if not command.words:
        return "quiet"
    done = action(command)
    if done is not None and done.manager.family in ("apt", "apk"):
        if done.verb == "install" and not done.files:
            build = [is_build_package(package, also) for package in done.packages]
            if any(build) and not all(build):
                _refuse_what_cannot_be_parted(done, build)
            return "system" if any(build) else "runtime"
        if done.verb in ("update", "clean", "remove", "upgrade"):
            return "quiet" if done.verb in ("update", "clean") else "other"
    if command.name in _QUIET or (command.name == "rm" and _only_caches(command)):
        return "quiet"
    return "runtime" if command.name in _USERS | _PLACES else "other"


def _refuse_what_cannot_be_parted(done: Action, build: list[bool]) -> None:
    """Raise Refusal where those to run with cannot be installed by their names alone."""
    run = [package for package, builds in zip(done.packages, build, strict=True) if not builds]
    if any("$" in package for package in run) or any(o.value is not None for o in done.options):
        raise Refusal("one command installs packages to build with and packages to run with")


def is_build_package(package: str, also: frozenset[str] = frozenset()) -> bool:
    """True for a system package that only building needs: compilers and headers, and those of `also`."""
    name = package.partition("=")[0].partition("/")[0]
    table = load("runtime-stages")
    return (
        name in also
        or name in table["build_packages"]
        or name in table["libraries"]
        or name.endswith(("-dev", "-devel"))
    )


class Packages(NamedTuple):
    """System packages of the RUNs that install some to build with: those, and the others of the same
    commands.
    """

    build: tuple[str, ...]
    run: tuple[str, ...]
    recommends: bool
    """True when a command that installs one of `run` takes recommended packages too."""
    family: str = "apt"
    """The package manager: `apt` or `apk`."""

    def install(self, libraries: Iterable[str] = ()) -> list[str]:
        """The RUN of the runtime stage that installs the others and `libraries`; none when there are none."""
        names = [*dict.fromkeys((*self.run, *libraries))]
        if self.family == "apk":
            return [f"RUN apk add --no-cache {' '.join(names)}"] if names else []
        option = "" if self.recommends else "--no-install-recommends "
        update, clean = "RUN apt-get update", "rm -rf /var/lib/apt/lists/*"
        return [f"{update} && apt-get install -y {option}{' '.join(names)} && {clean}"] if names else []


def system_packages(project: Project, stage: Stage, also: frozenset[str] = frozenset()) -> Packages:
    """The packages that RUNs of the stage install to build with, and what their commands install beside.

    A RUN that removes packages again cleans up after itself, and does not count.
    """
    build: list[str] = []
    run: list[str] = []
    recommends = False
    family = "apt"
    for _, script in project.runs(stage):
        if any((done := action(c)) is not None and done.verb == "remove" for c in script.commands):
            continue
        for command in script.commands:
            done = action(command)
            if done is None or done.verb != "install" or done.manager.family not in ("apt", "apk"):
                continue
            wanted = [p for p in done.packages if is_build_package(p, also)]
            others = [p for p in done.packages if not is_build_package(p, also)]
            build += wanted
            family = done.manager.family
            if wanted and others:
                run += others
                recommends |= not command.has_option("--no-install-recommends")
    return Packages(tuple(build), tuple(run), recommends, family)


def _only_caches(command: Command) -> bool:
    places = (
        "/var/lib/apt",
        "/var/cache",
        "/tmp",
        "/var/tmp",
        "/root/.cache",
        "/root/.npm",
        "/root/.composer",
        "/root/.bundle",
        "~/.",
    )
    return all((word.text or "?").startswith(places) for word in command.operands)


def refuse_odd_stage(project: Project, stage: Stage, reference: Reference) -> None:
    """Raise Refusal for what no conversion can do: Windows, other platforms, built by name, digests."""
    if reference.windows or (stage.platform and "BUILDPLATFORM" in stage.platform):
        raise Refusal("its platform is not the one that the image runs on")
    refuse_target(project)


def image_of(stage: Stage, reference: Reference, base: Base, full: str) -> str:
    """The runtime stage's base: the slim twin of the stage's own; its own where `full` names a reason.

    A base with a digest or variables in it stays as it is: its twin cannot be named.
    """
    twin = slim_twin(reference)
    if full or twin is None or "$" in stage.base or reference.digest or not base.slim:
        return stage.base
    return with_tag(stage.base, twin)


def allowance(*vanish: str) -> Allowance:
    """What may differ: what a base and its slim twin differ in, and paths that stay in the builder.

    The twin's paths count where the base stays, too: a fix before this one may have exchanged it, and the
    proof may take that back.
    """
    left = (*vanish, "/root/.npm*", "/root/.cache*", "/root/.config*", "/root/.local*", "/tmp/*", "/var/*")
    differ = load("slim-images")["differ"]
    system, built = tuple(differ["system"]), tuple(differ["built"])
    return Allowance(
        vanish=(*left, *system, *built), appear=(*system, *built), change=(*system, *built, "/root", "/tmp")
    )


def from_line(stage: Stage, image: str) -> str:
    """The FROM of the runtime stage, on the platform of the builder."""
    return f"FROM {f'--platform={stage.platform} ' if stage.platform else ''}{image}"


def inside(cut: Cut, copy: Instruction) -> bool:
    """True when a COPY or ADD brings files into the folder that the runtime stage takes as a whole."""
    at = cut.project.scope(copy).workdir
    dest = posixpath.normpath(posixpath.join(at, copy.dest.text if copy.dest else ""))
    return dest == cut.workdir or dest.startswith(cut.workdir.rstrip("/") + "/")
