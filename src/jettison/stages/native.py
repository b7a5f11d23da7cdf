"""Rust, C and C++: a single stage with a compiler becomes a builder and distroless cc.

Only what is certain: one program that a plain command builds, sources that open none of the other files, and
libraries that distroless cc has.
"""

from __future__ import annotations

import posixpath
import re

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Base, Reference, base_megabytes, debian_suite
from jettison.findings import Allowance, Saving
from jettison.project import Project
from jettison.stages import SYSTEM_PATHS, Refusal, Split
from jettison.stages.emit import builder_name, two_stages
from jettison.stages.linking import Built, built_programs
from jettison.stages.plain import read_plain
from jettison.stages.start import started

_HARMLESS = frozenset(("mkdir", "rm", "echo", "true", "ls", "set", "strip"))
_MOST_BYTES = 8_000_000


def split(project: Project, stage: Stage, base: Base) -> Split:
    """The two stages for a Rust, C or C++ program; raises Refusal when anything about it is not certain."""
    reference = Reference.parse(project.base_of(stage))
    if reference.windows or reference.musl or stage.platform:
        raise Refusal("its platform or libc is not the one of distroless")
    if project.target is not None:
        raise Refusal("the stage is built by its name, which would be the builder's afterwards")
    start = started(stage)
    if isinstance(start, str):
        raise Refusal(start)
    suffix = load("base-images")["distroless"].get(debian_suite(reference))
    if suffix is None:
        raise Refusal(f"which glibc {reference.repository}:{reference.tag} links to is unknown")
    plain = read_plain(project, stage, base.workdir, _read_run)
    workdir = plain.workdir
    program, built = _program(project, stage, start.argv[0], workdir)
    if built.needs == "libstdc++" and reference.repository == "gcc":
        raise Refusal("the gcc image links to a newer libstdc++ than its Debian release has")
    _refuse_what_cannot_be_seen(project, built)
    builder = builder_name(stage)
    lines = [
        f"FROM gcr.io/distroless/cc-{suffix}",
        f"WORKDIR {workdir}",
        *plain.kept,
        f"COPY --from={builder} {program} {program}",
    ]
    return Split(
        f"Build in {reference.repository} and ship only the program, on distroless cc",
        two_stages(project, stage, lines, plain.moved, ()),
        Allowance(
            vanish=("*",),
            appear=("*",),
            change=(*SYSTEM_PATHS, program),
            config=("Env", "Cmd", "Entrypoint"),
        ),
        Saving(bytes=max(0, base_megabytes(reference) - 24) * 1_000_000),
    )


def _read_run(project: Project, run: Instruction) -> None:
    from jettison.shell.packages import action

    script = project.script(run)
    if not script.ok or run.json is not None:
        raise Refusal(f"the RUN of line {run.start_line} is not understood")
    for command in script.commands:
        done = action(command)
        if done is not None and done.manager.family == "apt":
            tools = {*load("build-tools")["compilers"], *load("go")["build_packages"]}
            other = next((p for p in done.packages if p.partition("=")[0] not in tools), "")
            if other:
                raise Refusal(f"the program may need the package {other}")
        elif command.name == "cargo":
            if len(command.words) < 2 or command.words[1].text not in ("build", "fetch", "test"):
                raise Refusal(f"what cargo of line {run.start_line} leaves is not certain")
        elif command.name not in (*_HARMLESS, "gcc", "g++", "cc", "c++", "clang", "clang++"):
            raise Refusal(f"the RUN of line {run.start_line} calls {command.name or 'a program'}")


def _program(project: Project, stage: Stage, first: str, workdir: str) -> tuple[str, Built]:
    """The absolute path of the program that is started, and the command that makes it."""
    if "/" not in first:
        raise Refusal(f"it starts {first} by its name, so which program that is, is not certain")
    path = posixpath.normpath(posixpath.join(workdir, first))
    for built in built_programs(project, stage):
        if built.path == (posixpath.dirname(path) if built.language == "rust" else path):
            return path, built
    raise Refusal(f"it starts {first}, which is no program that a plain command makes here")


def _refuse_what_cannot_be_seen(project: Project, built: Built) -> None:
    facts = load("native")
    suffixes = tuple(facts["sources"][built.language])
    text, other = "", []
    for file in project.context.files:
        name = posixpath.basename(file.path)
        if name.endswith(suffixes):
            text += project.context.read(file.path).decode("utf-8", "replace")
            if len(text) > _MOST_BYTES:
                raise Refusal("its sources are too large to read whole")
        elif name not in facts["sources"]["unread"] and not file.path.startswith(
            (".git/", "target/", "tests/")
        ):
            other.append(name)
    if not text:
        raise Refusal("its sources are not in the context")
    call = next((call for call in facts["calls"][built.language] if call in text), "")
    if call:
        raise Refusal(f"its sources call {call.rstrip('(')}, which needs more than the program")
    named = next((name for name in other if name in text), "")
    if named:
        raise Refusal(f"its sources name {named}, which it may read when it runs")
    if built.language == "rust":
        _refuse_crates(project)
    else:
        _refuse_libraries(built)


def _refuse_crates(project: Project) -> None:
    if b"[workspace]" in project.context.read("Cargo.toml"):
        raise Refusal("Cargo.toml is a workspace, so which program is built is not certain")
    lock = project.context.read("Cargo.lock").decode("utf-8", "replace")
    plain = load("native")["plain_sys"]
    for name in re.findall(r'^name = "([^"]+-sys)"', lock, re.M):
        if name not in plain:
            raise Refusal(f"the crate {name} binds a library of the system")
    if not lock and re.search(rb"^\s*\[dependencies\]\s*\n\s*\w", project.context.read("Cargo.toml"), re.M):
        raise Refusal("there is no Cargo.lock that says which crates are used")


def _refuse_libraries(built: Built) -> None:
    known = load("native")["libraries"]
    for word in built.command.words:
        text = word.text or word.raw
        if text.startswith("-l") and text[2:] not in known:
            raise Refusal(f"it is linked to {text[2:]}, which distroless cc does not have")
        if text.startswith(("-Wl,", "-rdynamic")) or text.endswith((".so", ".a")) or "$" in text:
            raise Refusal(f"what {text} links to is not certain")
