"""Rust, C and C++: a single stage with a compiler becomes a builder and distroless cc, or scratch.

Only what is certain: a program that a plain command builds, which is static or needs only libraries that
distroless cc has. Files that the sources name come along.
"""

from __future__ import annotations

import posixpath
import re
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Base, Reference, base_megabytes, debian_suite
from jettison.findings import Allowance, Saving
from jettison.project import Project
from jettison.shell import Command
from jettison.stages import SYSTEM_PATHS, Refusal, Split
from jettison.stages.bare import Place, bare
from jettison.stages.emit import builder_name, two_stages
from jettison.stages.linking import NEEDS, Built, built_programs
from jettison.stages.opened import Sources, opened, read_sources
from jettison.stages.plain import read_plain
from jettison.stages.start import certain_start
from jettison.stages.unfold import steps

_HARMLESS = frozenset(("mkdir", "rm", "echo", "printf", "true", "ls", "set", "strip", "chmod"))
_OF_BUILDS = frozenset(("ar", "ranlib", "nproc"))
_INSTALL_OPTIONS = re.compile(r"(?m)^(-[DCpsv]+|-m[0-7]+|--mode=[0-7]+|-m\n[0-7]+|-[Dsp]*m\n[0-7]+)\n")
_COMPILERS = frozenset(("gcc", "g++", "cc", "c++", "clang", "clang++"))
_PATH = ("/usr/local/sbin", "/usr/local/bin", "/usr/sbin", "/usr/bin", "/sbin", "/bin")


class _Program(NamedTuple):
    """The program that is started: where it is, where a bare name finds it afterwards, what makes it."""

    path: str
    dest: str
    built: Built


def split(project: Project, stage: Stage, base: Base) -> Split:
    """The two stages for a Rust, C or C++ program; raises Refusal when anything about it is not certain."""
    reference = Reference.parse(project.base_of(stage))
    if reference.windows or stage.platform:
        raise Refusal("its platform is not the one of distroless")
    start = certain_start(project, stage)
    plain = read_plain(project, stage, base.workdir, lambda project, run: _read_run(project, stage, run))
    program = _program(project, stage, start.argv[0], plain.workdir)
    built = program.built
    sources = read_sources(project, plain, tuple(load("native")["sources"][built.language]))
    _refuse_what_cannot_be_seen(project, built, sources)
    files = opened(sources, plain, start.argv[1:], load("opened")["implicit"][built.language])
    place = _dynamic(reference, built) if built.needs else bare(project, built, sources, reference.musl)
    lines = [f"FROM {place.image}", f"WORKDIR {plain.workdir}", *plain.kept]
    built_in = {step.workdir for run, _ in project.runs(stage) for step in steps(project, stage, run)}
    folders = [folder for folder in plain.folders(program.path) if folder not in built_in]
    copied = [(program.path, program.dest), *((path, path) for path in (*files, *folders))]
    lines += [f"COPY --from={builder_name(stage)} {path} {dest}" for path, dest in copied]
    return Split(
        f"Build in {reference.repository} and ship only the program, on {place.why}",
        two_stages(project, stage, lines, plain.moved, ()),
        Allowance(
            vanish=("*",),
            appear=("*",),
            change=(*SYSTEM_PATHS, program.path),
            config=("Env", "Cmd", "Entrypoint"),
        ),
        Saving(bytes=max(0, base_megabytes(reference) - place.megabytes) * 1_000_000),
    )


def _dynamic(reference: Reference, built: Built) -> Place:
    """Distroless cc of the builder's release; raises Refusal when that is unknown, or its libraries older."""
    suffix = load("base-images")["distroless"].get(debian_suite(reference))
    if suffix is None:
        raise Refusal(f"which glibc {reference.repository}:{reference.tag} links to is unknown")
    if built.needs == "libstdc++" and reference.repository == "gcc":
        raise Refusal("the gcc image links to a newer libstdc++ than its Debian release has")
    return Place(f"gcr.io/distroless/cc-{suffix}", 24, "distroless cc")


def _read_run(project: Project, stage: Stage, run: Instruction) -> None:
    from jettison.shell.packages import action

    script = project.script(run)
    if not script.ok or run.json is not None:
        raise Refusal(f"the RUN of line {run.start_line} is not understood")
    for command, workdir, _ in steps(project, stage, run):
        done = action(command)
        if done is not None and done.manager.family in ("apt", "apk"):
            tools = {*load("build-tools")["compilers"], *load("go")["build_packages"]}
            tools.update(*load("build-tools")["tools"].values(), load("native")["static_packages"])
            other = next((p for p in done.packages if p.partition("=")[0] not in tools), "")
            if other:
                raise Refusal(f"the program may need the package {other}")
        elif command.name == "cargo":
            if len(command.words) < 2 or command.words[1].text not in ("build", "fetch", "test", "install"):
                raise Refusal(f"what cargo of line {run.start_line} leaves is not certain")
        elif command.name == "rustup":
            if [word.text for word in command.words[1:3]] != ["target", "add"]:
                raise Refusal(f"what rustup of line {run.start_line} changes is not certain")
        elif command.name not in _HARMLESS | _OF_BUILDS | _COMPILERS and _moved(command, workdir) is None:
            raise Refusal(f"the RUN of line {run.start_line} calls {command.name or 'a program'}")


def _moved(command: Command, workdir: str) -> tuple[str, str] | None:
    """Source and destination of a plain `cp`, `mv` or `install` of one file, as absolute paths."""
    words = [word.text or "" for word in command.words[1:]]
    if command.name == "install":
        words = _INSTALL_OPTIONS.sub("", "\n".join(words) + "\n").splitlines()
    if command.name not in ("cp", "mv", "install") or len(words) != 2 or command.context:
        return None
    source, dest = words
    if not source or not dest or any(char in source + dest for char in "*?[{$") or source[0] == "-":
        return None
    to = posixpath.normpath(posixpath.join(workdir, dest))
    if dest.endswith(("/", ".")) or to in (workdir, *_PATH):
        to = posixpath.join(to, posixpath.basename(source))
    return posixpath.normpath(posixpath.join(workdir, source)), to


def _program(project: Project, stage: Stage, first: str, workdir: str) -> _Program:
    """The program that is started and the command that makes it; raises Refusal.

    Of two that make it, the one that needs more: whether the later one has anything to do is not certain.
    """
    programs: dict[str, Built] = {}
    for built in built_programs(project, stage):
        for path in _paths(project, stage, built):
            programs[path] = max(programs.get(path, built), built, key=lambda each: NEEDS.index(each.needs))
    for run, _ in project.runs(stage):
        for command, folder, _ in steps(project, stage, run):
            pair = _moved(command, folder)
            if pair is None:
                continue
            if pair[0] not in programs:
                raise Refusal(f"the RUN of line {run.start_line} copies {pair[0]}, which is no program")
            programs[pair[1]] = programs[pair[0]]
    if "/" in first:
        path = posixpath.normpath(posixpath.join(workdir, first))
        if path in programs:
            return _Program(path, path, programs[path])
    places = (*_PATH, "/usr/local/cargo/bin")
    found = [p for p in programs if posixpath.basename(p) == first and posixpath.dirname(p) in places]
    if len(found) == 1:
        where = posixpath.dirname(found[0]) in _PATH
        return _Program(found[0], found[0] if where else f"/usr/local/bin/{first}", programs[found[0]])
    raise Refusal(f"it starts {first}, which is no program that a plain command makes here")


def _paths(project: Project, stage: Stage, built: Built) -> list[str]:
    """Where the programs of a build are; those of cargo have the names that Cargo.toml gives."""
    if built.language != "rust":
        return [built.path]
    return [posixpath.join(built.path, name) for name in _cargo_names(project)]


def _cargo_names(project: Project) -> list[str]:
    import tomllib

    try:
        manifest = tomllib.loads(project.context.read("Cargo.toml").decode("utf-8", "replace"))
        if "workspace" in manifest:
            raise Refusal("Cargo.toml is a workspace, so which program is built is not certain")
        names = [str(row["name"]) for row in manifest.get("bin", ())]
        names.append(str(manifest["package"]["name"]))
    except (tomllib.TOMLDecodeError, KeyError, TypeError, AttributeError):
        raise Refusal("Cargo.toml is not at the root of the context, or not understood") from None
    for file in project.context.under("src/bin"):
        names.append(file.path.removeprefix("src/bin/").partition("/")[0].removesuffix(".rs"))
    return list(dict.fromkeys(names))


def _refuse_what_cannot_be_seen(project: Project, built: Built, sources: Sources) -> None:
    facts = load("native")
    call = next((call for call in facts["calls"][built.language] if call in sources.text), "")
    if call:
        raise Refusal(f"its sources call {call.rstrip('(')}, which needs more than the program")
    if built.language == "rust" and any(
        project.context.exists(f".cargo/{name}") for name in ("config", "config.toml")
    ):
        raise Refusal(".cargo/config.toml may change how and where cargo builds")
    has = load("opened")["has"]
    for folder in load("opened")["system"]:
        for match in re.finditer(rf'"({re.escape(folder)}[^"\n]*)"', sources.text):
            if not match[1].startswith(tuple(has)):
                raise Refusal(f"its sources name {match[1]}, which distroless may not have")
    if built.language == "rust":
        _refuse_crates(project)
    else:
        _refuse_libraries(built)


def _refuse_crates(project: Project) -> None:
    lock = project.context.read("Cargo.lock", 8_000_000).decode("utf-8", "replace")
    plain = load("native")["plain_sys"]
    for name in re.findall(r'^name = "([^"]+-sys)"', lock, re.M):
        if name not in plain:
            raise Refusal(f"the crate {name} binds a library of the system")
    if not lock and re.search(
        rb"^\s*\[(?:[^\]]*\.)?dependencies\b", project.context.read("Cargo.toml"), re.M
    ):
        raise Refusal("there is no Cargo.lock that says which crates are used")


def _refuse_libraries(built: Built) -> None:
    known, unsure = load("native")["libraries"], tuple(load("native")["unsure_flags"])
    for word in built.command.words:
        text = word.text or word.raw
        if text.startswith("-l") and text[2:] not in known:
            raise Refusal(f"it is linked to {text[2:]}, which distroless cc does not have")
        if text.startswith(unsure) or text.endswith((".so", ".a")) or "$" in text or "`" in text:
            raise Refusal(f"what {text} links to is not certain")
