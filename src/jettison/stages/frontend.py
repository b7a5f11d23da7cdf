"""Front ends: what `serve` or http-server hands out is built in a builder and handed out by nginx."""

from __future__ import annotations

import posixpath
import re
from typing import Any, NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import delete
from jettison.facts import load
from jettison.facts.bases import Base, base_megabytes
from jettison.findings import Allowance, Saving
from jettison.project import Project
from jettison.shell import Command
from jettison.shell.packages import action
from jettison.spans import Edit
from jettison.stages import SYSTEM_PATHS, Refusal, Split
from jettison.stages.cut import Cut, from_line, read
from jettison.stages.emit import builder_name
from jettison.stages.node_package import Package

_PATH = re.compile(r"^[\w./@+-]+$")
_ASKS = re.compile(r"\b(?:curl|wget)\b")


class Served(NamedTuple):
    """A static server as it is started: its row of the table, the absolute folder and the port."""

    name: str
    row: dict[str, Any]
    folder: str
    port: int


def front_end(project: Project, stage: Stage, base: Base, package: Package, command: str) -> Split | None:
    """The two stages when the stage starts a static file server; None when it starts something else.

    Raises Refusal.
    """
    words = [word for word in command.split() if word not in ("npx", "-y", "--yes", "exec")]
    name = posixpath.basename(words[0]) if words else ""
    row = load("runtime-stages")["server"].get(name)
    if row is None:
        return None
    cut = read(project, stage, _kind, frozenset(("python3",)))
    if cut is None:
        return None
    served = _served(project, cut, name, row, words[1:])
    _refuse(project, cut, package, served)
    facts = load("runtime-stages")["nginx"]
    place = served.folder
    lines = [
        from_line(stage, facts["image"]),
        *cut.text(i for i in cut.kept if i.keyword in ("ENV", "ARG")),
        f"COPY <<'EOF' {facts['conf']}",
        *_configuration(served),
        "EOF",
        f"COPY --from={builder_name(stage)} {place} {place}",
        *cut.text(i for i in cut.moved if i.keyword not in ("CMD", "ENTRYPOINT")),
    ]
    starts = [i for i in cut.tail if i.keyword in ("CMD", "ENTRYPOINT", "WORKDIR")]
    edits: tuple[Edit, ...] = (*cut.edits([], lines), *(delete(each) for each in starts))
    title = (
        f"Build in node and hand out {place} with {facts['image']} on the same port {served.port}: "
        f"{row['differs']}; a PORT given when the container starts no longer counts"
    )
    return Split(title, edits, _allowance(), _saving(base, project, stage))


def _saving(base: Base, project: Project, stage: Stage) -> Saving:
    from jettison.facts.bases import Reference

    here = base_megabytes(Reference.parse(project.base_of(stage))) or base.size
    return Saving(bytes=max(0, here - load("runtime-stages")["nginx"]["mb"]) * 1_000_000)


def _kind(command: Command) -> str:
    done = action(command)
    if done is not None and done.manager.family == "node":
        return "build"
    if command.name in ("npx", "node", "corepack", "tsc", "vite", "ng"):
        return "build"
    return ""


def _served(project: Project, cut: Cut, name: str, row: dict[str, Any], words: list[str]) -> Served:
    start = [i for i in (*cut.moved, *cut.tail) if i.keyword in ("CMD", "ENTRYPOINT")]
    scope = project.scope(start[-1])
    port = scope.env.get("PORT", str(row["port"]))
    folder, single = "", set(row["needs"])
    given: set[str] = set()
    waiting = list(words)
    while waiting:
        word = waiting.pop(0)
        option, equals, value = word.partition("=")
        if option in row["port_options"]:
            port = value if equals else (waiting.pop(0) if waiting else "")
        elif word in row["flags"]:
            given.add(word)
        elif word.startswith("-"):
            raise Refusal(f"what nginx has to do for {name} {word} is not known")
        elif folder:
            raise Refusal(f"{name} is given more than one folder")
        else:
            folder = word
    if single and not single & given:
        raise Refusal(f"{name} without -s lists folders and has pages of its own for errors: nginx has not")
    number = port.rpartition(":")[2]
    if not number.isdigit():
        raise Refusal(f"the port that {name} listens on is not certain")
    at = posixpath.normpath(posixpath.join(scope.workdir, folder or "."))
    if not folder or not _PATH.match(at) or at == "/":
        raise Refusal(f"the folder that {name} hands out is not certain")
    return Served(name, row, at, int(number))


def _refuse(project: Project, cut: Cut, package: Package, served: Served) -> None:
    for instruction in (*cut.moved, *cut.tail):
        if instruction.keyword == "USER" and instruction.args.strip() not in ("root", "0"):
            raise Refusal(f"it runs as USER {instruction.args.strip()}, and nginx starts as root")
        if instruction.keyword == "HEALTHCHECK" and not _asks(instruction):
            raise Refusal("its HEALTHCHECK needs a program that the nginx image does not have")
        if instruction in cut.tail and instruction.keyword in ("COPY", "ADD", "RUN"):
            raise Refusal(f"line {instruction.start_line} changes the image after everything is built")
    if served.folder == cut.workdir:
        raise Refusal(f"{served.name} hands out the sources themselves")
    if any(posixpath.basename(f.path) == "serve.json" for f in project.context.under(package.folder)):
        raise Refusal("serve.json says how files are handed out")
    if cut.project.scope(cut.last).user not in (None, "root", "0"):
        raise Refusal("it builds as another user than root")


def _asks(check: Instruction) -> bool:
    return "NONE" in check.args or bool(_ASKS.search(check.args))


def _configuration(served: Served) -> list[str]:
    """A server block for conf.d that answers as the static server does."""
    types = "text/css text/plain text/xml application/javascript application/json"
    shown = ["map $uri $shown_name {", '    "~/([^/]+)$" $1;', "}"]
    extra = list(served.row["extra"])
    return [
        *(shown if any("$shown_name" in line for line in extra) else []),
        "server {",
        f"    listen {served.port};",
        f"    root {served.folder};",
        "    absolute_redirect off;",
        f"    charset {served.row['charset']};",
        f"    charset_types {types};",
        *extra,
        "    location / {",
        f"        try_files {served.row['try']};",
        "    }",
        "}",
    ]


def _allowance() -> Allowance:
    """Another system; what is handed out may neither change nor appear."""
    return Allowance(
        vanish=("*",),
        appear=(*SYSTEM_PATHS, "/docker-entrypoint*"),
        change=tuple(p for p in SYSTEM_PATHS if not p.startswith(("/srv/", "/opt/", "/home/"))),
        config=(
            *("Cmd", "Entrypoint", "Env", "StopSignal", "WorkingDir"),
            *("ExposedPorts.80/tcp", "Labels.maintainer"),
        ),
    )
