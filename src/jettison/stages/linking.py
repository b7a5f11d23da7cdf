"""Programs that a stage builds, and what each is linked to, as far as its commands say so."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.stages import Refusal
from jettison.stages.go_build import parse_go
from jettison.stages.unfold import Step, steps

if TYPE_CHECKING:
    from jettison.dockerfile import Instruction, Stage
    from jettison.project import Project
    from jettison.shell import Command, Script
    from jettison.shell.script import ShellWord
    from jettison.stages.go_source import GoSource


class Built(NamedTuple):
    """A program made by a RUN: its absolute path, and what it needs of the image that it runs in.

    `needs` is "" (nothing: it is static), "glibc", "libgcc" (glibc and libgcc_s) or "libstdc++" (all three).
    A Rust program's `path` is the folder that cargo puts it into.
    """

    path: str
    needs: str
    language: str
    run: Instruction
    command: Command


class Copied(NamedTuple):
    """A program that a COPY brings from the stage that builds it."""

    copy: Instruction
    built: Built
    builder: Stage

    def dynamic(self, project: Project) -> bool:
        """True when the program certainly needs libraries of the image that it runs in."""
        if self.built.language != "go":
            return bool(self.built.needs)
        source = go_source(project) if self.built.needs else None
        return source is not None and asks_libc(source)


def copied_programs(project: Project, stage: Stage) -> Iterator[Copied]:
    """The programs that COPYs of a stage take from stages that certainly build them."""
    from jettison.dockerfile.stages import find_stage

    for copy in stage.instructions:
        origin = copy.flag("from") if copy.keyword == "COPY" else None
        if origin is None or not origin.value or copy.error or copy.dest is None:
            continue
        builder = find_stage(origin.value, project.dockerfile.stages[: stage.index])
        if builder is None:
            continue
        sources = {posixpath.normpath(posixpath.join("/", word.text)) for word in copy.sources}
        folders = {posixpath.dirname(source) for source in sources}
        for built in built_programs(project, builder):
            if built.path in (folders if built.language == "rust" else sources):
                yield Copied(copy, built, builder)


def go_source(project: Project) -> GoSource | None:
    """The Go sources of the module at the root of the context; None without one, or when too large to
    read."""
    if not project.context.exists("go.mod"):
        return None
    from jettison.stages.go_source import read_module, read_sources

    text = project.context.read("go.mod").decode("utf-8", "replace")
    found = project.once(("go", ""), lambda: read_sources(project.context, "", read_module(text)))
    return found if found.complete else None


def asks_libc(source: GoSource) -> bool:
    """True when a Go program asks the C library wherever there is a C compiler."""
    return bool(source.cgo) or any(name in source.imports for name in load("linking")["go"]["links_libc"])


def built_programs(project: Project, stage: Stage) -> Iterator[Built]:
    """The programs that a stage certainly makes; those whose linking is not certain are left out."""
    reference = Reference.parse(project.base_of(stage))
    if reference.musl or reference.windows:
        return
    builders = load("linking")["builders"]
    for run, script in project.runs(stage):
        if not script.ok:
            continue
        scope = project.scope(run)
        for command, workdir in _steps(project, stage, run, script):
            if command.context:
                continue
            if reference.repository in builders["go"]:
                built = _go(run, command, scope.env, scope.workdir)
            elif command.name == "cargo" and reference.repository in builders["rust"]:
                built = _cargo(run, command, scope.env, scope.workdir)
            else:
                built = _compiled(run, command, workdir, reference.repository in builders["c"])
            if built is not None:
                yield built


def _steps(project: Project, stage: Stage, run: Instruction, script: Script) -> list[Step]:
    """The commands of a RUN; those that a `make` runs too, where that is certain."""
    try:
        return list(steps(project, stage, run))
    except Refusal:
        return [Step(command, project.scope(run).workdir) for command in script.commands]


def _go(run: Instruction, command: Command, env: dict[str, str], workdir: str) -> Built | None:
    build = parse_go(command)
    if build is None or build.verb != "build":
        return None
    given = {word.partition("=")[0]: word.partition("=")[2] for word in map(_text, command.assignments)}
    setting = {**env, **given}
    linker = " ".join(_text(flag.word) for flag in build.flags if flag.name in ("ldflags", "tags"))
    if "GOFLAGS" in setting or "static" in linker or "netgo" in linker:
        return None
    if setting.get("GOOS", "linux") != "linux" or setting.get("GOARCH"):
        return None
    out = build.flag("o")
    if out is None or not out.text:
        return None
    needs = "" if setting.get("CGO_ENABLED") == "0" else "glibc"
    return Built(posixpath.normpath(posixpath.join(workdir, out.text)), needs, "go", run, command)


def _cargo(run: Instruction, command: Command, env: dict[str, str], workdir: str) -> Built | None:
    words = [_text(word) for word in command.words]
    if len(words) < 2 or (words[1] != "install" and (words[1] != "build" or "--release" not in words)):
        return None
    if any(word.startswith("--target") for word in words) or "CARGO_BUILD_TARGET" in env:
        return None
    if "RUSTFLAGS" in env or command.assignments:
        return None
    if words[1] == "install":
        return _installed(run, command, words, env, workdir)
    if "CARGO_TARGET_DIR" in env or "--manifest-path" in words:
        return None
    return Built(posixpath.join(workdir, "target/release"), "libgcc", "rust", run, command)


def _installed(
    run: Instruction, command: Command, words: list[str], env: dict[str, str], workdir: str
) -> Built | None:
    """`cargo install --path .`, which puts the programs into CARGO_HOME unless `--root` says otherwise."""
    if "--path" not in words[:-1] or posixpath.normpath(words[words.index("--path") + 1]) != ".":
        return None
    if "--debug" in words or "CARGO_INSTALL_ROOT" in env or any(w.startswith("--root=") for w in words):
        return None
    root = words[words.index("--root") + 1] if "--root" in words[:-1] else env.get("CARGO_HOME", "")
    if not root or "$" in root:
        return None
    return Built(posixpath.normpath(posixpath.join(workdir, root, "bin")), "libgcc", "rust", run, command)


def _compiled(run: Instruction, command: Command, workdir: str, known: bool) -> Built | None:
    if not known or command.name not in ("gcc", "cc", "g++", "c++", "clang", "clang++"):
        return None
    words = [_text(word) for word in command.words]
    if any(word in ("-static", "-c", "-shared", "-nostdlib", "-static-pie", "-E", "-S") for word in words):
        return None
    if "-o" not in words[:-1] or any(word.startswith("-static-lib") for word in words):
        return None
    out = words[words.index("-o") + 1]
    if not out or "$" in out:
        return None
    needs = "libstdc++" if command.name.endswith("++") else "glibc"
    return Built(posixpath.normpath(posixpath.join(workdir, out)), needs, "c", run, command)


def _text(word: ShellWord) -> str:
    return word.text or word.raw
