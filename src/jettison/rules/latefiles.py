"""Downloads, folders of sources and copied files that a later RUN removes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.findings import Basis, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules.copies import taken
from jettison.rules.leftovers import home, removed
from jettison.rules.making import fills, made_by
from jettison.rules.merging import merge
from jettison.shell import Command, Script
from jettison.shell.render import Refusal
from jettison.stages import covers

_WORTH = 100_000


class Late(NamedTuple):
    """A RUN that may remove what earlier ones made."""

    project: Project
    stage: Stage
    run: Instruction
    script: Script


def removed_files(late: Late, earlier: list[Instruction]) -> Iterator[Finding]:
    """Files and folders that a RUN removes by name and an earlier RUN or COPY made; one finding for each
    `rm`.
    """
    for command in late.script.top:
        if command.name == "rm":
            recursive = command.has_option("-r", "-R", "--recursive")
            for path in removed(command, home(late.project, late.run)):
                literal = path.startswith("/") and path != "/" and not set(path) & set("*?$`[")
                found = _file(late, earlier, command, path, recursive) if literal else None
                if found is not None:
                    yield found
                    break


def _file(
    late: Late, earlier: list[Instruction], command: Command, path: str, recursive: bool
) -> Finding | None:
    message = f"{path} is removed too late: its bytes still ship in the layer of line "
    if any(place == path for c in late.script.commands for place in made_by(c, "")):
        return None
    copied = _copied(late, path)
    if copied is not None:
        copy, size = copied
        made = f"the {copy.keyword} on line {copy.start_line} makes it"
        why = f"{made}: leave it out, or mount it for this RUN instead"
        saving = Saving(bytes=size, basis=Basis.MEASURED)
        return (
            Finding(command.span, f"{message}{copy.start_line}", saving, refused=why)
            if size >= _WORTH
            else None
        )
    maker = next((run for run in earlier if fills(late.project, run, path, recursive)), None)
    if maker is None:
        return None
    saving = Saving(bytes=load("leftovers")["archive_mb"] * 1_000_000)
    fix = _merged(late, maker)
    reason = fix.reason if isinstance(fix, Refusal) else None
    message = f"{message}{maker.start_line}"
    return Finding(command.span, message, saving, fix if isinstance(fix, Fix) else None, reason)


def _merged(late: Late, maker: Instruction) -> Fix | Refusal:
    between = [i for i in late.stage.instructions if maker.span.start <= i.span.start <= late.run.span.start]
    other = next((i for i in between if i.keyword != "RUN"), None)
    if other is not None:
        return Refusal(f"{other.keyword} on line {other.start_line} stands between making and removing it")
    edits = merge(late.project, between)
    if isinstance(edits, Refusal):
        return edits
    lines = f"{maker.start_line} to {late.run.start_line}"
    return Fix(f"Make, use and remove it in one layer: join the RUNs of lines {lines}", edits, Safety.PROVEN)


def _copied(late: Late, path: str) -> tuple[Instruction, int] | None:
    """The COPY of the same stage that put this path there, and the bytes of it."""
    for copy in late.stage.instructions:
        if copy.span.start > late.run.span.start:
            break
        size = 0
        for source in taken(late.project, copy):
            for file in source.files(late.project.context):
                if covers(path, source.target(file.path, late.project.context)):
                    size += file.size
        if size:
            return copy, size
    return None
