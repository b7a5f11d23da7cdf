"""A later layer stores a file again that an earlier layer brought."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.findings import Basis, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.amounts import size
from jettison.shell import Command, Script


@rule("JT109", order=27)
def rewritten_file(project: Project) -> Iterator[Finding]:
    """A later layer stores a file again that an earlier layer brought.

    What:
        `chmod`, `chown`, `strip`, `sed -i` and the like of a file that an earlier COPY or RUN of the same
        image put there, and a COPY over the files of an earlier COPY, in stages whose layers ship; from 1 MB
        on.

    Why:
        A layer holds whole files. To change one bit of a 50 MB program stores all 50 MB a second time, and
        the first copy still ships below it.

    How it is fixed:
        A download and what a later RUN does to it become one RUN, where nothing but RUNs stands between;
        applied once a real build shows the same tree. A COPY whose every file a later one brings again, with
        no RUN between them, is dropped, whatever its size; this waits for a real build too. For a copied
        file it is said what to write instead:
        `COPY --chmod`, `COPY --chown`, or the change in a builder stage.

    When not:
        It is not reported when the file is small, or when its size is not known and no RUN has fetched it.
        `chown -R` and `chmod -R` over copied folders belong to chown-duplicates-layer, removals to
        cleanup-in-later-layer.

    References:
        https://docs.docker.com/reference/dockerfile/#copy---chown---chmod
        https://docs.docker.com/engine/storage/drivers/#copying-makes-containers-efficient
    """
    from jettison.rules.copiedtwice import copied_twice

    for stage in project.shipped:
        yield from _commands(project, stage)
        yield from copied_twice(project, stage)


class _Change(NamedTuple):
    """A command that writes a file which is there already."""

    run: Instruction
    script: Script
    command: Command
    path: str


def _commands(project: Project, stage: Stage) -> Iterator[Finding]:
    verbs = load("rewriting")["commands"]
    for run, script in project.runs(stage):
        told: set[int] = set()
        for command in script.top if script.form != "json" else ():
            if command.name not in verbs or command.start in told:
                continue
            if verbs[command.name] and not command.has_option(*verbs[command.name].split()):
                continue
            for path in _paths(project, run, script, command):
                found = _judge(project, stage, _Change(run, script, command, path))
                if found is not None:
                    told.add(command.start)
                    yield found
                    break


def _paths(project: Project, run: Instruction, script: Script, command: Command) -> Iterator[str]:
    """The files that a command names literally."""
    if command.name in ("chmod", "chown", "chgrp") and command.has_option("-R", "--recursive"):
        return
    moved = bool(script.named("cd", "pushd"))
    for word in command.operands:
        text = word.text
        if not text or set(text) & set("*?[$~") or (moved and not text.startswith("/")):
            continue
        if "/" in text or posixpath.splitext(text)[1]:
            yield posixpath.normpath(posixpath.join(project.scope(run).workdir or "/", text))


def _judge(project: Project, stage: Stage, change: _Change) -> Finding | None:
    """What is said of one change: of a copied file with its bytes, of a download with a rule of thumb."""
    before = [i for i in stage.instructions if i.span.start < change.run.span.start]
    here = [c for c in change.script.commands if c.start < change.command.start]
    if any(change.path in _made(c, project, change.run) for c in here):
        return None
    for earlier in reversed(before):
        small = change.path.endswith(tuple(load("rewriting")["small"]))
        if earlier.keyword == "RUN" and not small and _fetched(project, earlier, change.path):
            return _downloaded(project, stage, earlier, change)
        if earlier.keyword in ("COPY", "ADD"):
            bytes_ = _copied(project, earlier, change.path)
            if bytes_ is not None:
                return _said(earlier, change, bytes_) if bytes_ >= _worth() else None
    return None


def _made(command: Command, project: Project, run: Instruction) -> list[str]:
    from jettison.rules.making import made_by

    return list(made_by(command, project.scope(run).workdir or "/"))


def _fetched(project: Project, run: Instruction, path: str) -> bool:
    """True when a RUN downloads this very file and leaves it there."""
    script = project.script(run)
    names = ("curl", "wget")
    at = "" if script.named("cd", "pushd") else project.scope(run).workdir or "/"
    from jettison.rules.making import made_by

    return any(path in list(made_by(c, at)) for c in script.top if c.name in names)


def _downloaded(project: Project, stage: Stage, maker: Instruction, change: _Change) -> Finding:
    from jettison.rules.merging import merge
    from jettison.shell.render import Refusal

    message = f"{change.command.name} stores {change.path} a second time: line {maker.start_line} brought it"
    saving = Saving(bytes=load("leftovers")["archive_mb"] * 1_000_000)
    between = [i for i in stage.instructions if maker.span.start <= i.span.start <= change.run.span.start]
    other = next((i for i in between if i.keyword != "RUN"), None)
    if other is not None:
        why = f"{other.keyword} on line {other.start_line} stands between"
        return Finding(change.command.span, message, saving, refused=why)
    edits = merge(project, between)
    if isinstance(edits, Refusal):
        return Finding(change.command.span, message, saving, refused=edits.reason)
    title = f"Join the RUNs of lines {maker.start_line} to {change.run.start_line}"
    return Finding(change.command.span, message, saving, Fix(title, edits, Safety.PROVEN))


def _copied(project: Project, copy: Instruction, path: str) -> int | None:
    """The bytes of the file of the context that a COPY puts at a path; None when it puts none there."""
    from jettison.rules.copies import is_archive, taken

    for source in taken(project, copy):
        if copy.keyword == "ADD" and is_archive(source.source):
            continue
        for file in source.files(project.context):
            if file.kind == "file" and source.target(file.path, project.context) == path:
                return file.size
    return None


def _said(copy: Instruction, change: _Change, bytes_: int) -> Finding:
    line = copy.start_line
    amount = size(bytes_)
    message = f"{change.command.name} stores {change.path}, {amount}, a second time: line {line} copied it"
    advice = load("rewriting")["advice"]
    why = advice.get(change.command.name, advice["other"]).format(line=line)
    return Finding(change.command.span, message, Saving(bytes=bytes_, basis=Basis.MEASURED), refused=why)


def _worth() -> int:
    return int(load("rewriting")["worth_mb"] * 1e6)
