"""Java and .NET: a single stage on an SDK becomes a builder and the runtime's image.

Only what is certain: the start names the jar or the dll, and plain commands of the SDK make it.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any, NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Base, Reference
from jettison.findings import Allowance, Saving
from jettison.project import Project
from jettison.stages import SYSTEM_PATHS, Refusal, Split, covers
from jettison.stages.emit import builder_name, two_stages
from jettison.stages.opened import opened, read_sources
from jettison.stages.plain import read_plain
from jettison.stages.start import certain_start

if TYPE_CHECKING:
    from jettison.stages.plain import Plain

_HARMLESS = ("mkdir", "chmod", "echo", "true", "ls", "rm", "set")
_PUBLISH = re.compile(r"(?:^|\s)(?:-o|--output)[\s=]+(\S+)")


class _Ran(NamedTuple):
    """A command of the SDK: the folder that it runs in, and its words."""

    workdir: str
    text: str


class _Shipped(NamedTuple):
    """What the runtime stage takes, on which image, and the lines that make the image as the SDK's is."""

    path: str
    image: str
    lines: tuple[str, ...] = ()


def split(project: Project, stage: Stage, base: Base) -> Split:
    """The two stages for a Java or .NET program; raises Refusal when anything about it is not certain."""
    reference = Reference.parse(project.base_of(stage))
    if reference.windows or reference.musl or stage.platform:
        raise Refusal("its platform or libc is not the one of the runtime's image")
    start = certain_start(project, stage)
    facts = load("managed")[base.language]
    runs: list[_Ran] = []
    plain = read_plain(project, stage, base.workdir, lambda _, run: _read_run(project, run, facts, runs))
    if base.language == "java":
        shipped = _java(project, start.argv, plain.workdir, reference, facts, runs)
    else:
        shipped = _dotnet(project, start.argv, plain, reference, facts, runs)
    sources = read_sources(project, plain, tuple(facts["sources"]))
    call = next((call for call in facts["calls"] if call in sources.text), "")
    if call:
        raise Refusal(f"its sources use {call.rstrip('(')}, which needs more than the runtime")
    builder = builder_name(stage)
    files = opened(sources, plain, start.argv[1:], load("opened")["implicit"][base.language])
    lines = [f"FROM {shipped.image}", *shipped.lines, f"WORKDIR {plain.workdir}", *plain.kept]
    taken = [
        shipped.path,
        *(f for f in (*files, *plain.folders(shipped.path)) if not covers(shipped.path, f)),
    ]
    lines += [f"COPY --from={builder} {path} {path}" for path in taken]
    return Split(
        f"Build in {reference.repository} and ship only what runs, on {shipped.image}",
        two_stages(project, stage, lines, plain.moved, ()),
        Allowance(
            vanish=("*",),
            appear=("*",),
            change=(*SYSTEM_PATHS, shipped.path, f"{shipped.path}/*"),
            config=("Env", "Cmd", "Entrypoint"),
        ),
        Saving(bytes=facts["megabytes"] * 1_000_000),
    )


def _read_run(project: Project, run: Instruction, facts: dict[str, Any], runs: list[_Ran]) -> None:
    script = project.script(run)
    if not script.ok or run.json is not None:
        raise Refusal(f"the RUN of line {run.start_line} is not understood")
    for command in script.commands:
        name = command.name
        if name not in facts["commands"] and name not in _HARMLESS:
            raise Refusal(f"the RUN of line {run.start_line} calls {name or 'a program'}")
        if name not in facts["commands"]:
            continue
        words = [word.text or word.raw for word in command.words]
        verb = words[1] if len(words) > 1 else ""
        if facts["verbs"] and verb not in facts["verbs"]:
            raise Refusal(f"what `{name} {verb}` of line {run.start_line} leaves is not certain")
        runs.append(_Ran(project.scope(run).workdir, " ".join(words)))


def _java(
    project: Project,
    argv: tuple[str, ...],
    workdir: str,
    reference: Reference,
    facts: dict[str, Any],
    runs: list[_Ran],
) -> _Shipped:
    """The jar, or the folder that it has its libraries in, and the image that runs it."""
    if argv[0] != "java" or "-jar" not in argv[:-1]:
        raise Refusal("it does not start `java -jar` with a jar of its own")
    at = argv.index("-jar")
    agent = next((word for word in argv[1:at] if word.startswith(tuple(facts["agents"]))), "")
    if agent:
        raise Refusal(f"it starts with {agent}, which a JRE may not have")
    jar = argv[at + 1]
    if re.search(r"[^\w./+\-]", jar):
        raise Refusal(f"which jar {jar} is, is not certain")
    if not runs:
        raise Refusal("no command makes the jar")
    path = posixpath.normpath(posixpath.join(workdir, jar))
    folder = posixpath.dirname(path)
    image = facts["image"].format(version=_java_version(reference, facts))
    if not any(covers(ran.workdir, path) and ran.workdir != "/" for ran in runs):
        raise Refusal(f"{jar} is not where Maven or Gradle put a jar")
    if folder.endswith("/quarkus-app"):
        return _Shipped(folder, image)
    if not folder.endswith(("/target", "/build/libs")):
        raise Refusal(f"{jar} is not where Maven or Gradle put a jar")
    if any("dependency:" in ran.text for ran in runs):
        raise Refusal("libraries are copied beside the jar")
    for file in project.context.files:
        if posixpath.basename(file.path) in facts["manifests"]:
            text = project.context.read(file.path).decode("utf-8", "replace")
            sign = next((sign for sign in facts["class_path"] if sign in text), "")
            if sign:
                raise Refusal(f"{file.path} has {sign}: the jar may need libraries that lie beside it")
    return _Shipped(path, image)


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
    plain: Plain,
    reference: Reference,
    facts: dict[str, Any],
    runs: list[_Ran],
) -> _Shipped:
    """The folder that is published, and the image that runs it."""
    if argv[0] != "dotnet" or len(argv) < 2 or not argv[1].endswith(".dll"):
        raise Refusal("it does not start `dotnet` with a dll of its own")
    publish = [ran for ran in runs if ran.text.startswith("dotnet publish")]
    out = _PUBLISH.search(publish[0].text) if len(publish) == 1 else None
    if out is None or re.search(r"[^\w./+\-]", out[1]):
        raise Refusal("where `dotnet publish` puts its result is not certain")
    if any(sign in publish[0].text for sign in facts["own_runtime"]):
        raise Refusal("it is published for one platform, or with a runtime of its own")
    folder = posixpath.normpath(posixpath.join(publish[0].workdir, out[1]))
    if posixpath.dirname(posixpath.normpath(posixpath.join(plain.workdir, argv[1]))) != folder:
        raise Refusal(f"{argv[1]} is not in the folder that is published")
    names = (".csproj", ".fsproj", "Directory.Build.props")
    texts = [
        project.context.read(f.path).decode("utf-8", "replace")
        for f in project.context.files
        if f.path.endswith(names)
    ]
    if not texts or any("PublishAot" in text or "SelfContained" in text for text in texts):
        raise Refusal("no project file says what is published, or it is published with its runtime")
    version = re.match(r"(\d+)\.(\d+)[\d.]*(.*)$", reference.tag)
    if version is None or version[3] not in ("", *facts["systems"]):
        raise Refusal(f"which .NET {reference.repository}:{reference.tag} has is not certain")
    web = any(sign in text for text in texts for sign in facts["web_signs"])
    image = facts["web" if web else "other"].format(version=f"{version[1]}.{version[2]}{version[3]}")
    port = facts["port_since_8" if int(version[1]) >= 8 else "port"]
    given = any(port in line for line in plain.kept)
    return _Shipped(folder, image, (f"ENV {port}=",) if web and not given else ())
