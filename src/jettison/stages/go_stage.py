"""A single Go stage read from top to bottom: what it builds, where, and what the finished image needs of it.

Whatever is not certain ends in a Refusal that names the line.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from fnmatch import fnmatchcase

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.scope import step
from jettison.facts import load
from jettison.facts.bases import Base
from jettison.project import Project
from jettison.shell import Command
from jettison.shell.packages import action
from jettison.spans import Span
from jettison.stages import Refusal, covers
from jettison.stages.go_build import GoBuild, parse_go
from jettison.stages.go_source import GoModule
from jettison.stages.go_work import is_module, module_of
from jettison.stages.start import exec_words
from jettison.stages.unfold import Step, steps

_DESCRIBES = frozenset(
    ("CMD", "ENTRYPOINT", "EXPOSE", "LABEL", "MAINTAINER", "VOLUME", "STOPSIGNAL", "HEALTHCHECK")
)
"""Instructions that only describe the finished image."""
_SETTING = re.compile(
    r"(?m)^[ ]*(?:export[ ]+)?(CGO_ENABLED|GO(?:OS|ARCH|FLAGS|BIN|PATH|WORK|EXPERIMENT))[ ]*[:?+]?="
)


@dataclass(slots=True)
class GoStage:
    """What is gathered while the stage is read; `workdir` is the last one."""

    workdir: str
    workspace: bool = False
    """True when a go.work comes with the sources."""
    module_folder: str = ""
    """Folder of go.mod in the context, "" for its root."""
    module_path: str = ""
    """Where that folder is in the image; "" until a COPY brings it."""
    programs: dict[str, GoBuild] = field(default_factory=dict)
    """Absolute path of each program made, and the command that makes it."""
    calls: dict[str, Command] = field(default_factory=dict)
    """The same path, and the command of the Dockerfile: the build itself, or the `make` that runs it."""
    kept: list[str] = field(default_factory=list)
    """Lines of the runtime stage that come from ENV, ARG, COPY and ADD."""
    made: list[str] = field(default_factory=list)
    """Folders outside the module that a RUN makes."""
    moved: list[Instruction] = field(default_factory=list)
    users: set[str] = field(default_factory=set)
    user: str = ""
    known: set[str] = field(default_factory=set)
    """Variables that the runtime stage defines."""

    def module(self, project: Project) -> GoModule:
        """The module, or the workspace, that is built."""
        return module_of(project.context, self.module_folder)


def read_stage(project: Project, stage: Stage, base: Base) -> GoStage:
    """Read a stage whose base is the Go image; raises Refusal."""
    read = GoStage(base.workdir, workspace=_brings_workspace(project, stage))
    for number, instruction in enumerate(stage.instructions):
        word = instruction.keyword
        if instruction.error or word in ("ONBUILD", "SHELL"):
            raise Refusal(
                f"line {instruction.start_line} is {word or 'an instruction'} that cannot be moved safely"
            )
        if word == "WORKDIR":
            read.workdir = step(project.scope(instruction), instruction, {}, {}).workdir
        elif word == "RUN":
            _read_run(project, stage, instruction, read)
        elif word in ("COPY", "ADD"):
            _read_copy(project, instruction, read)
        elif word in ("ENV", "ARG"):
            _read_variables(project, instruction, read)
        elif word == "USER":
            _read_user(project, instruction, stage.instructions[number + 1 :], read)
        elif word in _DESCRIBES:
            _read_description(project, instruction, read)
    if not read.module_path:
        raise Refusal("no COPY brings a go.mod, so what is built is unknown")
    if not read.programs:
        raise Refusal("no `go build` or `go install` whose result is certain")
    return read


def _read_run(project: Project, stage: Stage, run: Instruction, read: GoStage) -> None:
    script = project.script(run)
    if not script.ok or run.json is not None:
        raise Refusal(
            f"the RUN of line {run.start_line} is not understood: {script.reason or 'it is in JSON form'}"
        )
    if any(command.name == "cd" for command in script.commands):
        raise Refusal(f"the RUN of line {run.start_line} builds in another folder than its WORKDIR")
    facts = load("go")
    for done_by in steps(project, stage, run):
        command = done_by.command
        build = parse_go(command)
        if command.name == "cd" or (build and (build.flag("C") or command.context)):
            raise Refusal(f"the RUN of line {run.start_line} builds in another folder than its WORKDIR")
        if build is not None:
            _read_build(project, run, build, done_by, read)
            continue
        done = action(command)
        if done is not None and done.manager.family in ("apt", "apk"):
            needed = [p for p in done.packages if p.partition("=")[0] not in facts["build_packages"]]
            if needed:
                raise Refusal(f"the program may need the package {needed[0]}")
            continue
        if command.name in ("useradd", "adduser", "groupadd", "addgroup"):
            read.users.update(word.text or "" for word in command.operands)
        elif command.name == "mkdir":
            read.made += [
                f for f in _absolute(command, done_by.workdir) if not f.startswith(("/tmp", "/var/tmp"))
            ]
        elif command.name == "chmod" or command.name in facts["harmless_commands"]:
            continue
        else:
            raise Refusal(
                f"the RUN of line {run.start_line} calls {command.name or 'a program'}, "
                "whose results the program may need"
            )


def _read_build(project: Project, run: Instruction, build: GoBuild, ran: Step, read: GoStage) -> None:
    mode = build.flag("buildmode")
    if build.flag("linkshared") or (mode is not None and mode.text not in ("exe", "pie", "default")):
        raise Refusal("it builds a library, not a program")
    scope = project.scope(run).env
    if ran.called is not None:
        _refuse_settings(project)
        given = (*ran.called.assignments, *ran.called.words, *build.command.assignments)
        scope = scope | dict((word.text or word.raw).split("=", 1) for word in given if "=" in word.raw)
    if scope.get("GOOS", "linux") != "linux":
        raise Refusal(f"it builds for {scope['GOOS']}")
    if not read.module_path:
        raise Refusal("it builds before any COPY brings a go.mod")
    if scope.get("GOWORK") and project.context.exists("go.work"):
        raise Refusal(f"GOWORK is {scope['GOWORK']}, so which modules are built is not certain")
    module = read.module(project)
    gobin = scope.get("GOBIN") or posixpath.join(scope.get("GOPATH", "/go"), "bin")
    if build.verb == "install" and any("@" in package for package in build.packages):
        return
    out = build.output(ran.workdir, module.name if ran.workdir == read.module_path else "", gobin)
    if out is None or (build.flag("o") is None and _is_member(project, read, build)):
        raise Refusal("where `go build` puts its result is not certain")
    read.programs[out] = build
    read.calls[out] = ran.called or build.command


def _refuse_settings(project: Project) -> None:
    """Raise Refusal for a Makefile that decides what would be set for it."""
    for file in project.context.files:
        name = posixpath.basename(file.path).lower()
        if "makefile" in name or name.endswith(".mk"):
            text = project.context.read(file.path).decode("utf-8", "replace")
            if found := _SETTING.search(text):
                raise Refusal(f"{file.path} sets {found[1]}")


def _is_member(project: Project, read: GoStage, build: GoBuild) -> bool:
    """True when a package may be the root of a module of a workspace, whose path names the program."""
    return any(
        project.context.exists(posixpath.join(read.module_folder, posixpath.normpath(package), "go.mod"))
        and posixpath.normpath(package) != "."
        for package in build.packages
    )


def _read_copy(project: Project, copy: Instruction, read: GoStage) -> None:
    if copy.dest is None or any("$" in w.text for w in (*copy.sources, copy.dest)) or copy.heredocs:
        raise Refusal(f"what line {copy.start_line} copies is not certain")
    dest = posixpath.normpath(posixpath.join(read.workdir, copy.dest.text))
    if any(flag.name == "from" for flag in copy.flags):
        raise Refusal(f"line {copy.start_line} copies from another image")
    folder = _module_brought(project, copy)
    if folder is not None:
        file = len(copy.sources) == 1 and copy.sources[0].text.endswith(("go.mod", "go.work"))
        if file and not copy.dest.text.endswith("/") and posixpath.basename(dest) in ("go.mod", "go.work"):
            dest = posixpath.dirname(dest)
        if folder and read.workspace:
            dest, folder = _above_member(copy, dest, folder), ""
        if read.module_path and (read.module_path, read.module_folder) != (dest, folder):
            raise Refusal("more than one COPY brings a go.mod")
        read.module_path, read.module_folder = dest, folder
    elif not covers(read.module_path or read.workdir, dest):
        if not copy.dest.text.startswith("/"):
            raise Refusal(f"line {copy.start_line} copies to a folder that is not certain")
        read.kept.append(project.dockerfile.text(copy.span))


def _above_member(copy: Instruction, dest: str, folder: str) -> str:
    """Where the folder of go.work is when this is where a module of it goes."""
    if not dest.endswith(f"/{folder}"):
        raise Refusal(f"line {copy.start_line} copies {folder} to where go.work does not have it")
    return dest.removesuffix(f"/{folder}") or "/"


def _brings_workspace(project: Project, stage: Stage) -> bool:
    """True when a COPY brings the go.work of the context's root."""
    copies = [i for i in stage.instructions if i.keyword in ("COPY", "ADD") and not i.flag("from")]
    names = {posixpath.normpath(w.text.lstrip("/") or ".") for i in copies for w in i.sources}
    return project.context.exists("go.work") and any(
        name in (".", "go.work") or fnmatchcase("go.work", name) for name in names
    )


def _module_brought(project: Project, copy: Instruction) -> str | None:
    for word in copy.sources:
        source = posixpath.normpath(word.text.lstrip("/") or ".")
        if posixpath.basename(source) in ("go.mod", "go.work"):
            return posixpath.dirname(source)
        folder = "" if source == "." else source
        if is_module(project.context, folder):
            return folder
        if any(char in source for char in "*?[") and any(
            f.path.endswith(("go.mod", "go.work")) for f in project.context.match(word.text)
        ):
            return ""
    return None


def _read_variables(project: Project, instruction: Instruction, read: GoStage) -> None:
    if instruction.keyword == "ARG":
        return
    builds = load("go")["build_variables"]
    for pair in instruction.pairs():
        name, value = pair.key.text, pair.value.text if pair.value else ""
        if name in builds or name == "PATH":
            continue
        used = re.findall(r"\$\{?(\w+)", value)
        unknown = [u for u in used if u not in read.known]
        declared = {p.key.text for i in _args(project, instruction) for p in i.pairs()}
        for variable in unknown:
            if variable not in declared:
                raise Refusal(f"the value of ENV {name} uses {variable}, which the small image does not have")
            arg = next(i for i in _args(project, instruction) if variable in {p.key.text for p in i.pairs()})
            read.kept.append(project.dockerfile.text(arg.span))
            read.known.add(variable)
        legacy = pair.value is not None and "=" not in project.dockerfile.text(
            Span(pair.key.span.start, pair.value.span.end)
        )
        read.kept.append(f"ENV {name} {value}" if legacy else f"ENV {name}={value}")
        read.known.add(name)


def _args(project: Project, before: Instruction) -> list[Instruction]:
    stage = project.dockerfile.stage_of(before)
    return (
        [i for i in stage.instructions if i.keyword == "ARG" and i.span.end <= before.span.start]
        if stage
        else []
    )


def _read_user(project: Project, user: Instruction, rest: tuple[Instruction, ...], read: GoStage) -> None:
    if any(later.keyword in ("RUN", "COPY", "ADD", "WORKDIR") for later in rest):
        raise Refusal("USER changes before the image is finished")
    name = project.scope(user).expand(user.words[0].text).text if user.words else ""
    owner = name.partition(":")[0]
    if not (owner.isdigit() or owner in ("root", "nobody") or owner in read.users):
        raise Refusal(f"where the user {name} comes from is not certain")
    read.user = name
    read.moved.append(user)


def _read_description(project: Project, instruction: Instruction, read: GoStage) -> None:
    if instruction.keyword == "HEALTHCHECK" and "NONE" not in project.dockerfile.text(instruction.args_span):
        words = exec_words(instruction) if instruction.json is not None else None
        if not words or posixpath.normpath(posixpath.join(read.workdir, words[0])) not in read.programs:
            raise Refusal("its HEALTHCHECK needs a shell or a program that the small image does not have")
    read.moved.append(instruction)


def _absolute(command: Command, workdir: str) -> Iterator[str]:
    for word in command.operands:
        if word.text:
            yield posixpath.normpath(posixpath.join(workdir, word.text))
