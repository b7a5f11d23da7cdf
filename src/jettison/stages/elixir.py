"""Elixir: `mix release` in a builder; a slim Debian of the same release runs what it makes, Erlang inside."""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Base, Reference, base_megabytes
from jettison.findings import Allowance, Saving
from jettison.project import Project
from jettison.shell import Command
from jettison.shell.packages import action
from jettison.stages import SYSTEM_PATHS, Refusal, Split, covers
from jettison.stages.cut import Cut, from_line, read, refuse_odd_stage
from jettison.stages.emit import builder_name
from jettison.stages.left import (
    MORE,
    STARTS_PROGRAMS,
    refuse_what_is_called,
    refuse_what_slim_lacks,
    refuse_what_sources_say,
    suite_of,
)
from jettison.stages.start import certain_start

_STARTS = re.compile(
    r"^[^#\n]*?(\bSystem\.(?:cmd|shell|find_executable)\b|:os\.cmd\b|\bPort\.open\b|\bMuonTrap\.)", re.M
)
_READS = re.compile(
    r"^[^#\n]*?(\bFile\.\w+[!?]?[( ]\s*\"|\bFile\.cwd|\bPath\.(?:expand|absname|wildcard)[( ]\s*\"(?!/)"
    r"|\bEEx\.eval_file|\bCode\.\w+_file)",
    re.M,
)
_RELEASE = re.compile(r"^(?P<folder>/.+/_build/(?P<env>\w+)/rel/(?P<name>\w+))/bin/\w+$")
_PACKAGE = re.compile(r'^\s*"(\w+)": \{:(\w+), [^\[\n]*(?:\[([^\]\n]*)\])?', re.M)
_SYSTEM = ("/", "/usr", "/etc", "/var", "/root")


class _Image(NamedTuple):
    """What runs the release: an image, and the packages it lacks."""

    name: str
    packages: tuple[str, ...]


def split(project: Project, stage: Stage, base: Base) -> Split | None:
    """Builder and runtime stage for an Elixir release; raises Refusal when anything is not certain."""
    reference = Reference.parse(project.base_of(stage))
    refuse_odd_stage(project, stage, reference)
    start = certain_start(project, stage)
    cut = read(project, stage, _kind, frozenset(load("runtime-stages")["elixir"]["tools"]))
    if not _releases(project, stage):
        raise Refusal("no RUN makes a release: what mix itself starts needs mix")
    if cut is None:
        raise Refusal(MORE)
    path = posixpath.normpath(posixpath.join(_last_workdir(project, stage, cut), start.argv[0]))
    found = _RELEASE.match(path)
    if found is None:
        raise Refusal(f"it starts {start.argv[0]}, which is not the program of a release where mix puts it")
    if start.argv[1:2] not in (("start",), ("start_iex",), ("foreground",), ()):
        raise Refusal(f"it starts a release with `{start.argv[1]}`")
    _refuse(project, cut, found["env"], found["name"])
    image = _image(reference)
    folder = found["folder"]
    lines = [
        from_line(stage, image.name),
        *cut.packages.install(image.packages),
        *([] if reference.repository == "debian" else ["ENV LANG=C.UTF-8"]),
        *cut.text(i for i in cut.kept if i.keyword not in ("COPY", "ADD") or _elsewhere(project, i, cut)),
        f"COPY --from={builder_name(stage)} {folder} {folder}",
        *cut.text(cut.moved),
    ]
    size = (
        base_megabytes(reference)
        if reference.repository != "debian"
        else load("runtime-stages")["elixir"]["mb"]
    )
    return Split(
        f"Build the release in a stage of its own and ship it alone, on {image.name}",
        cut.edits([], lines),
        Allowance(vanish=("*",), appear=SYSTEM_PATHS, change=SYSTEM_PATHS, config=("Env",)),
        Saving(bytes=max(0, size - load("runtime-stages")["elixir"]["runtime_mb"]) * 1_000_000),
    )


def _releases(project: Project, stage: Stage) -> bool:
    return any(_is_release(c) for _, script in project.runs(stage) for c in script.commands)


def _is_release(command: Command) -> bool:
    words = [word.text or "$" for word in command.words]
    if words[:1] != ["mix"] or "release" not in words:
        return False
    if any(word.startswith("--path") for word in words):
        raise Refusal("mix puts the release into a folder of its own choice")
    return True


def _kind(command: Command) -> str:
    done = action(command)
    if done is not None and done.manager.name == "mix":
        return "build"
    if done is not None and done.manager.family == "node":
        return "build"
    return "build" if command.name in ("rebar3", "elixir", "elixirc") else ""


def _last_workdir(project: Project, stage: Stage, cut: Cut) -> str:
    """The working directory of the finished stage."""
    return project.scope(stage.instructions[-1]).workdir or cut.workdir


def _image(reference: Reference) -> _Image:
    """Debian of the builder's own release, with what Erlang loads. Raises Refusal where it is not certain."""
    table = load("runtime-stages")["elixir"]
    if reference.musl or reference.digest:
        raise Refusal(
            "its image is Alpine's, or named by a digest: which system it is made for is not certain"
        )
    if reference.repository == "debian":
        suite = suite_of(reference)
        return _named(suite, "", table, table["debian_packages"])
    if reference.repository == "hexpm/elixir":
        found = re.search(r"-debian-(\w+)-(\d{8})(?:\.\d+)?(?:-slim)?$", reference.tag)
        if found is None:
            raise Refusal(f"{reference.repository}:{reference.tag} is not made on Debian")
        return _named(found[1], f"-{found[2]}", table, table["packages"])
    otp = re.search(r"^(?:\d[\d.]*)-otp-(\d+)(?:-slim)?$", reference.tag)
    release = otp[1] if otp else table["default_otp"].get(reference.tag.removesuffix("-slim"), "")
    if release not in table["otp"]:
        raise Refusal(
            f"which Debian release {reference.repository}:{reference.tag} stands on is not said by its tag: "
            "name the OTP release, as in elixir:1.18-otp-27"
        )
    return _named(table["otp"][release], "", table, table["packages"])


def _named(
    suite: str, date: str, table: dict[str, dict[str, list[str]]], packages: dict[str, list[str]]
) -> _Image:
    if suite not in packages:
        raise Refusal("what Erlang loads on its Debian release is not known")
    return _Image(f"debian:{suite}{date}-slim", tuple(packages[suite]))


def _elsewhere(project: Project, copy: Instruction, cut: Cut) -> bool:
    """True for a COPY to a place outside of the project's own folder."""
    if copy.flag("from") is not None or copy.dest is None:
        return False
    at = posixpath.normpath(posixpath.join(project.scope(copy).workdir or "/", copy.dest.text))
    return not covers(cut.workdir, at)


def _refuse(project: Project, cut: Cut, env: str, name: str) -> None:
    table = load("runtime-stages")["elixir"]
    mix = project.context.read("mix.exs").decode("utf-8", "replace")
    if not re.search(rf"\bapp: :{name}\b|^\s*{name}: \[", mix, re.M):
        raise Refusal(f"mix.exs, at the root of the context, has no release called {name}")
    if re.search(r"include_erts:\s*(?!true\b)\S|\bsteps:|\bin_umbrella:|apps_path:", mix):
        raise Refusal("mix.exs makes its release in a way of its own, or is an umbrella")
    asked = next((a for a in table["library_applications"] if re.search(rf":{a}\b", mix)), "")
    if asked:
        raise Refusal(f"mix.exs asks for Erlang's {asked}, which loads libraries of the full image")
    environment = project.scope(cut.last).env.get("MIX_ENV") or _assigned(project, cut)
    if environment != env:
        raise Refusal(f"MIX_ENV is not {env} where the release is made")
    if cut.workdir in _SYSTEM:
        raise Refusal(f"it is built in {cut.workdir}")
    _refuse_packages(project, table)
    refuse_what_sources_say(project, (".ex", "runtime.exs"), _STARTS, STARTS_PROGRAMS)
    refuse_what_sources_say(project, (".ex", "runtime.exs"), _READS, "calls {} on a path that no release has")
    for file in project.context.files:
        if file.path.startswith("rel/"):
            raise Refusal(f"{file.path} changes the release's own scripts")
    refuse_what_is_called(project, cut, {*table["tools"], "mix", "iex", "elixir", "erl", "rebar3"})
    refuse_what_slim_lacks(project, cut, "elixir")


def _assigned(project: Project, cut: Cut) -> str:
    for command in project.script(cut.last).commands:
        for word in command.assignments:
            if (word.text or "").startswith("MIX_ENV="):
                return (word.text or "").partition("=")[2]
    return ""


def _refuse_packages(project: Project, table: dict[str, list[str]]) -> None:
    """Refuse what a C compiler builds and whose libraries are not known, and what comes from no registry."""
    lock = project.context.read("mix.lock", 2_000_000).decode("utf-8", "replace")
    for name, source, tools in _PACKAGE.findall(lock):
        if source != "hex":
            raise Refusal(f"the package {name} comes from {source}: what it compiles is not known")
        compiled = ":make" in tools or ":mix" not in tools or name in table["native"]
        if compiled and name not in table["plain"] and name not in table["self_contained"]:
            raise Refusal(f"which shared libraries the package {name} loads is not known")
