"""Programs that a stage builds, and what each is linked to, as far as its commands say so."""

from __future__ import annotations

import posixpath
import re
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

NEEDS = ("", "glibc", "libgcc", "libstdc++")
"""Nothing (it is static), glibc, glibc and libgcc_s, or all three."""

_STATIC_FLAGS = r"(-C ?target-feature=\+crt-static)?"
"""RUSTFLAGS with which a program for musl is static as it is without."""


class Built(NamedTuple):
    """A program made by a RUN: its absolute path, and what it needs of the image that it runs in.

    `needs` is one of NEEDS.
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
    from jettison.stages.go_source import read_sources
    from jettison.stages.go_work import is_module, module_of

    if not is_module(project.context, ""):
        return None
    try:
        module = module_of(project.context, "")
    except Refusal:
        return None
    found = project.once(("go", ""), lambda: read_sources(project.context, "", module))
    return found if found.complete else None


def asks_libc(source: GoSource) -> bool:
    """True when a Go program asks the C library wherever there is a C compiler."""
    return bool(source.cgo) or any(name in source.imports for name in load("linking")["go"]["links_libc"])


def built_programs(project: Project, stage: Stage) -> Iterator[Built]:
    """The programs that a stage certainly makes; those whose linking is not certain are left out."""
    reference = Reference.parse(project.base_of(stage))
    if reference.windows:
        return
    builders = load("linking")["builders"]
    for run, script in project.runs(stage):
        if not script.ok:
            continue
        scope = project.scope(run)
        for command, workdir, called in _steps(project, stage, run, script):
            if command.context:
                continue
            if reference.repository in builders["go"]:
                if called is not None:
                    continue
                built = _go(run, command, scope.env, workdir)
            elif command.name == "cargo" and reference.repository in builders["rust"]:
                built = _cargo(run, command, scope.env, workdir, reference.musl)
            else:
                built = _compiled(run, command, workdir, reference.repository in builders["c"])
            if built is not None and (not reference.musl or (not built.needs and built.language != "go")):
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


def _cargo(run: Instruction, command: Command, env: dict[str, str], workdir: str, musl: bool) -> Built | None:
    """What cargo makes: static for a target with musl, which is also what cargo builds for on Alpine."""
    words = [_text(word) for word in command.words]
    if len(words) < 2 or (words[1] != "install" and (words[1] != "build" or "--release" not in words)):
        return None
    given = {word.partition("=")[0]: word.partition("=")[2] for word in map(_text, command.assignments)}
    if set(given) - {"RUSTFLAGS"}:
        return None
    target = _option(words, "--target", env.get("CARGO_BUILD_TARGET", ""))
    if target and not re.fullmatch(r"\w+-unknown-linux-(musl|gnu)", target):
        return None
    static = target.endswith("-musl") or (musl and not target)
    flags = given.get("RUSTFLAGS", env.get("RUSTFLAGS", ""))
    if (musl and target.endswith("-gnu")) or not re.fullmatch(_STATIC_FLAGS if static else "", flags):
        return None
    needs = "" if static else "libgcc"
    if words[1] == "install":
        return _installed(run, command, words, env, workdir, needs)
    if "CARGO_TARGET_DIR" in env or "--manifest-path" in words:
        return None
    return Built(posixpath.join(workdir, "target", target, "release"), needs, "rust", run, command)


def _option(words: list[str], name: str, otherwise: str) -> str:
    """The value of a long option, given as one word or two."""
    for word, after in zip(words, [*words[1:], ""], strict=True):
        if word == name or word.startswith(f"{name}="):
            return after if word == name else word.partition("=")[2]
    return otherwise


def _installed(
    run: Instruction, command: Command, words: list[str], env: dict[str, str], workdir: str, needs: str
) -> Built | None:
    """`cargo install --path .`, which puts the programs into CARGO_HOME unless `--root` says otherwise."""
    if posixpath.normpath(_option(words, "--path", "-")) != ".":
        return None
    if "--debug" in words or "CARGO_INSTALL_ROOT" in env:
        return None
    root = _option(words, "--root", env.get("CARGO_HOME", ""))
    if not root or "$" in root:
        return None
    return Built(posixpath.normpath(posixpath.join(workdir, root, "bin")), needs, "rust", run, command)


def _compiled(run: Instruction, command: Command, workdir: str, known: bool) -> Built | None:
    if not known or command.name not in ("gcc", "cc", "g++", "c++", "clang", "clang++"):
        return None
    words = [_text(word) for word in command.words]
    if any(word in ("-c", "-shared", "-nostdlib", "-E", "-S") for word in words):
        return None
    if "-o" not in words[:-1] or any(word.startswith("-static-lib") for word in words):
        return None
    out = words[words.index("-o") + 1]
    if not out or "$" in out:
        return None
    needs = "libstdc++" if command.name.endswith("++") else "glibc"
    if "-static" in words or "-static-pie" in words:
        needs = ""
    return Built(posixpath.normpath(posixpath.join(workdir, out)), needs, "c", run, command)


def _text(word: ShellWord) -> str:
    return word.text or word.raw
