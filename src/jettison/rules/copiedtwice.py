"""Files that two COPYs of one stage put to the same place."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from itertools import pairwise

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import delete
from jettison.facts import load
from jettison.findings import Basis, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules.amounts import size


def copied_twice(project: Project, stage: Stage) -> Iterator[Finding]:
    """A COPY that writes over files of an earlier COPY of the same stage."""
    copies = [i for i in stage.instructions if i.keyword in ("COPY", "ADD") and i.flag("from") is None]
    if len(copies) < 2:
        return
    if not _overlap(project, copies):
        return
    dropped = set()
    for copy, following in pairwise(copies):
        if _between(stage, copy, following) or not _plain(copy) or not _plain(following, "exclude"):
            continue
        if _into_what(project, copy) or _into_what(project, following):
            continue
        files, brought = dict(_targets(project, copy)), dict(_targets(project, following))
        if files and not {*files, *_folders(project, copy)} - {*brought, *_folders(project, following)}:
            dropped.add(copy)
            total = sum(files.values())
            message = f"line {following.start_line} overwrites {size(total)} that this {copy.keyword} brings"
            saving = Saving(bytes=total, basis=Basis.MEASURED)
            yield Finding(
                copy.span, message, saving, Fix("Copy these files once", (delete(copy),), Safety.PROVEN)
            )
    copies = [copy for copy in copies if copy not in dropped and _total(project, copy) >= _worth()]
    placed: dict[str, tuple[int, Instruction]] = {}
    for copy in copies:
        again: dict[Instruction, int] = {}
        for path, bytes_ in _targets(project, copy):
            if path in placed:
                first = placed[path][1]
                again[first] = again.get(first, 0) + placed[path][0]
            placed[path] = bytes_, copy
        total = sum(again.values())
        if total >= _worth():
            lines = " and ".join(str(each.start_line) for each in again)
            message = f"{size(total)} are stored twice: this writes over what line {lines} copied"
            why = f"leave them out of one of the two COPYs, with --exclude here or of line {lines}"
            saving = Saving(bytes=total, basis=Basis.MEASURED)
            yield Finding(copy.span, message, saving, refused=why)


def _total(project: Project, copy: Instruction) -> int:
    """Bytes that a COPY takes from the context: an upper limit of what it can store again."""
    from jettison.rules.copies import taken

    return sum(f.size for source in taken(project, copy) for f in source.files(project.context))


def _overlap(project: Project, copies: list[Instruction]) -> bool:
    """True when the destination of one COPY lies in that of another."""
    from jettison.rules.copies import taken
    from jettison.stages import covers

    places = [{source.dest for source in taken(project, copy)} for copy in copies]
    return any(
        covers(one, other) or covers(other, one)
        for index, mine in enumerate(places)
        for theirs in places[index + 1 :]
        for one in mine
        for other in theirs
    )


def _targets(project: Project, copy: Instruction) -> Iterator[tuple[str, int]]:
    from jettison.rules.copies import is_archive, taken

    for source in taken(project, copy):
        if copy.keyword == "ADD" and is_archive(source.source):
            continue
        for file in source.files(project.context):
            yield source.target(file.path, project.context), file.size


def _folders(project: Project, copy: Instruction) -> Iterator[str]:
    """The folders that a COPY makes below its destination, empty ones included."""
    from jettison.context.gopath import clean
    from jettison.rules.copies import taken
    from jettison.stages import covers

    for source in taken(project, copy):
        root = clean("/" + source.source)
        for folder in project.context.folders:
            if root != "/" + folder and covers(root, "/" + folder) and not source.exclude:
                yield source.target(folder, project.context)


def _plain(copy: Instruction, *allowed: str) -> bool:
    """True for a COPY of files that are all named: no variables, patterns or texts, no owner or mode."""
    flags = {flag.name for flag in copy.flags}
    named = not copy.heredocs and not set("$*?[") & set(copy.args)
    return copy.keyword == "COPY" and named and flags <= set(allowed)


def _into_what(project: Project, copy: Instruction) -> bool:
    """True for a file to a name that may be a folder by then, which would take it in: `COPY a.json /app`."""
    from jettison.rules.copies import taken

    for source in taken(project, copy):
        name = posixpath.basename(source.dest)
        for file in source.files(project.context) if name and "." not in name else ():
            named = source.target(file.path, project.context) == source.dest
            if named and posixpath.basename(file.path) != name:
                return True
    return False


def _between(stage: Stage, first: Instruction, second: Instruction) -> bool:
    """True when something between two COPYs may need the first, or change what the second means."""
    inside = (i for i in stage.instructions if first.span.start < i.span.start < second.span.start)
    return any(i.keyword not in ("ENV", "LABEL", "EXPOSE", "CMD", "ENTRYPOINT", "ARG") for i in inside)


def _worth() -> int:
    return int(load("rewriting")["worth_mb"] * 1e6)
