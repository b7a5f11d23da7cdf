"""Java and .NET: a single stage on an SDK becomes a builder and the runtime's image.

Only what is certain: the start names the jar or the dll, and plain commands of the SDK make it.
"""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, Any

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Base, Reference
from jettison.findings import Allowance, Saving
from jettison.project import Project
from jettison.stages import SYSTEM_PATHS, Refusal, Split, covers
from jettison.stages.emit import builder_name, two_stages
from jettison.stages.opened import opened, read_sources
from jettison.stages.plain import read_plain
from jettison.stages.shipped import Moved, Ran, Shipped
from jettison.stages.start import certain_start

if TYPE_CHECKING:
    from jettison.stages.plain import Plain

_HARMLESS = ("mkdir", "chmod", "echo", "true", "ls", "rm", "set")
_PUBLISH = re.compile(r"(?:^|\s)(?:-o|--output)[\s=]+(\S+)")


def split(project: Project, stage: Stage, base: Base | None) -> Split:
    """The two stages for a Java or .NET program; raises Refusal when anything about it is not certain.

    `base` is None for an image that is nothing but a JDK.
    """
    reference = Reference.parse(project.base_of(stage))
    language = "dotnet" if base is not None and base.language == "dotnet" else "java"
    if reference.windows or stage.platform or (reference.musl and language == "dotnet"):
        raise Refusal("its platform or libc is not the one of the runtime's image")
    start = certain_start(project, stage)
    facts = load("managed")[language]
    runs: list[Ran] = []
    moves: dict[str, Moved] = {}
    workdir = base.workdir if base is not None else "/"
    plain = read_plain(project, stage, workdir, lambda _, run: _read_run(project, run, facts, runs, moves))
    sources = read_sources(project, plain, tuple(facts["sources"]))
    if language == "java":
        from jettison.stages.java import shipped

        ships = shipped(project, stage, start.argv, plain, sources, runs, moves)
    else:
        ships = _dotnet(project, start.argv, plain, reference, facts, runs)
    for dest, moved in moves.items():
        if not any(covers(path, dest) for path in ships.paths):
            raise Refusal(f"the RUN of line {moved.line} copies to {dest}, which the program may need")
    call = next((call for call in facts["calls"] if call in sources.text), "")
    if call:
        raise Refusal(f"its sources use {call.rstrip('(')}, which needs more than the runtime")
    builder = builder_name(stage)
    files = opened(sources, plain, start.argv[1:], load("opened")["implicit"][language])
    lines = [f"FROM {ships.image}", *ships.lines, f"WORKDIR {plain.workdir}", *plain.kept]
    taken = [path for path in ships.paths if not _inside(path, ships.paths)]
    made = [f for f in plain.folders(ships.paths[0]) if not any(covers(f, path) for path in ships.paths)]
    taken += [f for f in (*files, *made) if not any(covers(path, f) for path in taken)]
    lines += [f"COPY --from={builder} {path} {path}" for path in taken]
    size = facts["megabytes" if reference.repository not in ("debian", "ubuntu") else "package_megabytes"]
    return Split(
        f"Build in {reference.repository} and ship only what runs, on {ships.image}",
        two_stages(project, stage, lines, plain.moved, ()),
        Allowance(
            vanish=("*",),
            appear=("*",),
            change=(*SYSTEM_PATHS, *ships.paths, *(f"{path}/*" for path in ships.paths)),
            config=("Env", "Cmd", "Entrypoint"),
        ),
        Saving(bytes=size * 1_000_000),
    )


def _inside(path: str, others: tuple[str, ...]) -> bool:
    return any(path != other and covers(other, path) for other in others)


def _read_run(
    project: Project,
    run: Instruction,
    facts: dict[str, Any],
    runs: list[Ran],
    moves: dict[str, Moved],
) -> None:
    """Note the commands of the SDK, and where a `cp` puts something; raises Refusal for all others."""
    from jettison.shell.packages import action

    script, line, workdir = project.script(run), run.start_line, project.scope(run).workdir
    if not script.ok or run.json is not None:
        raise Refusal(f"the RUN of line {line} is not understood")
    for command in script.commands:
        name = command.name
        words = tuple(word.text or word.raw for word in command.words)
        done = action(command)
        if done is not None and done.manager.family == "apt" and "package" in facts:
            _refuse_packages(done.packages, facts)
        elif name in facts["commands"]:
            if facts["verbs"] and (words[1:2] or ("",))[0] not in facts["verbs"]:
                verb = words[1] if len(words) > 1 else ""
                raise Refusal(f"what `{name} {verb}` of line {line} leaves is not certain")
            if not command.unconditional:
                raise Refusal(f"whether {name} of line {line} runs is not certain")
            runs.append(Ran(workdir, words, line))
        elif name in ("cp", "mv") and len(words) > 2 and "$" not in words[-1]:
            source, dest = (posixpath.normpath(posixpath.join(workdir, word)) for word in words[-2:])
            moves[dest] = Moved(source if len(words) == 3 else "", line)
        elif name not in _HARMLESS and not (name == "find" and "substitution" in command.context):
            raise Refusal(f"the RUN of line {line} calls {name or 'a program'}")


def _refuse_packages(packages: tuple[str, ...], facts: dict[str, Any]) -> None:
    for name in packages:
        if not re.fullmatch(facts["package"], name) and name not in facts["packages"]:
            raise Refusal(f"the program may need the package {name}")


def _dotnet(
    project: Project,
    argv: tuple[str, ...],
    plain: Plain,
    reference: Reference,
    facts: dict[str, Any],
    runs: list[Ran],
) -> Shipped:
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
    return Shipped((folder,), image, (f"ENV {port}=",) if web and not given else ())
