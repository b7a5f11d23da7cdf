"""Java and .NET: a single stage on an SDK becomes a builder and the runtime's image.

Only what is certain: the start names the jar or the dll, and plain commands of the SDK make it.
"""

from __future__ import annotations

import posixpath
import re
from typing import Any

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Base, Reference
from jettison.findings import Allowance, Saving
from jettison.project import Project
from jettison.stages import SYSTEM_PATHS, Refusal, Split
from jettison.stages.emit import builder_name, two_stages
from jettison.stages.plain import read_plain
from jettison.stages.start import started

_MOST_FILES = 2000
_HARMLESS = ("mkdir", "chmod", "echo", "true", "ls", "rm")
_PUBLISH = re.compile(r"(?:^|\s)(?:-o|--output)[\s=]+(\S+)")


def split(project: Project, stage: Stage, base: Base) -> Split:
    """The two stages for a Java or .NET program; raises Refusal when anything about it is not certain."""
    reference = Reference.parse(project.base_of(stage))
    if reference.windows or reference.musl or stage.platform:
        raise Refusal("its platform or libc is not the one of the runtime's image")
    if project.target is not None:
        raise Refusal("the stage is built by its name, which would be the builder's afterwards")
    start = started(stage)
    if isinstance(start, str):
        raise Refusal(start)
    facts = load("managed")[base.language]
    runs: list[str] = []
    plain = read_plain(project, stage, base.workdir, lambda _, run: _read_run(project, run, facts, runs))
    if base.language == "java":
        copied, image = _java(start.argv, plain.workdir, reference, facts, runs)
    else:
        copied, image = _dotnet(project, start.argv, plain.workdir, reference, facts, runs)
    _refuse_what_cannot_be_seen(project, facts)
    builder = builder_name(stage)
    lines = [f"FROM {image}", f"WORKDIR {plain.workdir}", *plain.kept]
    lines.append(f"COPY --from={builder} {copied} {copied}")
    return Split(
        f"Build in {reference.repository} and ship only what runs, on {image}",
        two_stages(project, stage, lines, plain.moved, ()),
        Allowance(
            vanish=("*",),
            appear=("*",),
            change=(*SYSTEM_PATHS, copied, f"{copied}/*"),
            config=("Env", "Cmd", "Entrypoint"),
        ),
        Saving(bytes=facts["megabytes"] * 1_000_000),
    )


def _read_run(project: Project, run: Instruction, facts: dict[str, Any], runs: list[str]) -> None:
    script = project.script(run)
    if not script.ok or run.json is not None:
        raise Refusal(f"the RUN of line {run.start_line} is not understood")
    for command in script.commands:
        name = command.name
        if name not in facts["commands"] and name not in _HARMLESS:
            raise Refusal(f"the RUN of line {run.start_line} calls {name or 'a program'}")
        if name in facts["commands"]:
            runs.append(" ".join(word.text or word.raw for word in command.words))


def _java(
    argv: tuple[str, ...], workdir: str, reference: Reference, facts: dict[str, Any], runs: list[str]
) -> tuple[str, str]:
    """The jar, and the image that runs it."""
    if argv[0] != "java" or "-jar" not in argv[:-1]:
        raise Refusal("it does not start `java -jar` with a jar of its own")
    jar = argv[argv.index("-jar") + 1]
    if any(char in jar for char in "*?$"):
        raise Refusal(f"which jar {jar} is, is not certain")
    if not runs:
        raise Refusal("no command makes the jar")
    path = posixpath.normpath(posixpath.join(workdir, jar))
    if not path.startswith((f"{workdir.rstrip('/')}/target/", f"{workdir.rstrip('/')}/build/libs/")):
        raise Refusal(f"{jar} is not where Maven or Gradle put a jar")
    return path, facts["image"].format(version=_java_version(reference, facts))


def _java_version(reference: Reference, facts: dict[str, Any]) -> str:
    for mark in facts["marks"]:
        found = re.search(rf"(?:^|-){re.escape(mark)}(\d+)", reference.tag)
        if found:
            return found[1]
    found = re.match(r"(\d+)", reference.tag)
    if found and reference.repository in ("eclipse-temurin", "openjdk", "amazoncorretto"):
        return found[1]
    raise Refusal(f"which Java {reference.repository}:{reference.tag} has is not certain")


def _dotnet(
    project: Project,
    argv: tuple[str, ...],
    workdir: str,
    reference: Reference,
    facts: dict[str, Any],
    runs: list[str],
) -> tuple[str, str]:
    """The folder that is published, and the image that runs it."""
    if argv[0] != "dotnet" or len(argv) < 2 or not argv[1].endswith(".dll"):
        raise Refusal("it does not start `dotnet` with a dll of its own")
    publish = [text for text in runs if text.startswith("dotnet publish")]
    out = _PUBLISH.search(publish[0]) if len(publish) == 1 else None
    if out is None or "$" in out[1]:
        raise Refusal("where `dotnet publish` puts its result is not certain")
    if "self-contained" in publish[0] or "PublishAot" in publish[0] or " -r " in publish[0]:
        raise Refusal("it is published for one platform, with a runtime of its own")
    folder = posixpath.normpath(posixpath.join(workdir, out[1]))
    dll = posixpath.normpath(posixpath.join(workdir, argv[1]))
    if posixpath.dirname(dll) != folder:
        raise Refusal(f"{argv[1]} is not in the folder that is published")
    projects = [f.path for f in project.context.files if f.path.endswith((".csproj", ".fsproj"))]
    texts = [project.context.read(path).decode("utf-8", "replace") for path in projects]
    if not texts or any("PublishAot" in text or "SelfContained" in text for text in texts):
        raise Refusal("no project file says what is published, or it is published with its runtime")
    version = re.match(r"(\d+\.\d+)", reference.tag)
    if version is None:
        raise Refusal(f"which .NET {reference.repository}:{reference.tag} has is not certain")
    web = any("Microsoft.NET.Sdk.Web" in text or "Microsoft.AspNetCore.App" in text for text in texts)
    return folder, facts["web" if web else "other"].format(version=version[1])


def _refuse_what_cannot_be_seen(project: Project, facts: dict[str, Any]) -> None:
    suffixes = tuple(facts["sources"])
    sources = [f.path for f in project.context.files if f.path.endswith(suffixes)]
    if not sources:
        raise Refusal("its sources are not in the context")
    if len(sources) > _MOST_FILES:
        raise Refusal("it has too many sources to read them all")
    top = {f.path.partition("/")[0] for f in project.context.files} - {"src", "target", "build", "bin", "obj"}
    folders = {name for name in top if any(f.path.startswith(name + "/") for f in project.context.files)}
    for path in sources:
        text = project.context.read(path).decode("utf-8", "replace")
        call = next((call for call in facts["calls"] if call in text), "")
        if call:
            raise Refusal(f"{path} uses {call.rstrip('(')}, which needs more than the runtime")
        named = next((name for name in sorted(folders) if f'"{name}/' in text), "")
        if named:
            raise Refusal(f"{path} names files in {named}, which it may read when it runs")
