"""The COPYs of a stage into one folder, and what else may be in that folder."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.project import Project
from jettison.rules.copies import is_remote, taken
from jettison.rules.owners import Change, copy_value
from jettison.rules.writers import made_folders, may_write
from jettison.stages import covers


class Copies(NamedTuple):
    """The COPYs of a stage that put files below a folder before a change of its owner or mode."""

    project: Project
    stage: Stage
    change: Change
    folder: str
    copies: tuple[Instruction, ...]

    @property
    def first(self) -> Instruction:
        """The first of them."""
        return self.copies[0]

    @property
    def wrong(self) -> tuple[Instruction, ...]:
        """Those whose flag does not say yet what the change says."""
        flag = self.change.flag
        return tuple(
            copy
            for copy in self.copies
            if (found := copy.flag(flag)) is None or found.value != copy_value(self.change, copy)
        )

    def between(self) -> list[Instruction]:
        """The instructions of the stage from the first COPY up to the change."""
        start, end = self.first.span.start, self.change.run.span.start
        return [i for i in self.stage.instructions if start < i.span.start < end]

    def runs_before(self) -> Iterator[Instruction]:
        """The RUNs of the stage before the change."""
        for run, _ in self.project.runs(self.stage):
            if run.span.start < self.change.run.span.start:
                yield run


def find_copies(project: Project, stage: Stage, change: Change) -> Copies | None:
    """The COPYs into the one folder that is changed; None without any, or when several folders are."""
    if len(change.paths) != 1:
        return None
    folder = change.paths[0]
    copies = tuple(
        i
        for i in stage.instructions
        if i.keyword in ("COPY", "ADD")
        and i.span.start < change.run.span.start
        and not i.error
        and covers(folder, destination(project, i))
    )
    return Copies(project, stage, change, folder, copies) if copies else None


def destination(project: Project, copy: Instruction) -> str:
    """The absolute path that a COPY copies to, without a final `/`."""
    scope = project.scope(copy)
    dest = scope.expand(copy.dest.text, copy.escape).text if copy.dest else ""
    return posixpath.normpath(posixpath.join(scope.workdir, dest))


def others(found: Copies) -> Iterator[Instruction]:
    """What else puts files below the folder: COPYs to a folder above it, and stages that this one is built
    FROM.
    """
    project = found.project
    for instruction in found.stage.instructions:
        if instruction.span.start >= found.change.run.span.start:
            break
        if (
            instruction.keyword in ("COPY", "ADD")
            and instruction not in found.copies
            and not instruction.error
        ):
            above = covers(destination(project, instruction), found.folder)
            if above and (instruction.flag("from") is not None or _reaches(found, instruction)):
                yield instruction
    base = found.stage.base_stage
    while base is not None:
        stage = project.dockerfile.stages[base]
        for each in stage.instructions:
            copies = each.keyword in ("COPY", "ADD") and covers(found.folder, destination(project, each))
            if copies or (each.keyword == "RUN" and may_write(project, each, found.folder)):
                yield each
        base = stage.base_stage


def made_by_workdir(found: Copies, before: Instruction) -> list[str]:
    """The folders, at or below the changed one, that exist before any file is copied there."""
    return made_folders(found.project, found.stage, before, found.folder)


def filled_by_base(found: Copies) -> bool:
    """True when the base image may have files of its own below the folder."""
    facts = load("owners")["filled"]
    if any(covers(place, found.folder) for place in facts["free"]):
        return False
    return any(covers(place, found.folder) for place in facts["folders"])


def known_in_base(found: Copies) -> bool:
    """True when the folder is one that the base image is known to have."""
    reference = Reference.parse(found.project.base_of(found.stage))
    return found.folder in load("owners")["filled"]["known"].get(reference.repository, ())


def parents(found: Copies) -> tuple[str, ...]:
    """The folders above that a COPY may have to make, and would give the same owner."""
    facts = load("owners")["existing"]
    reference = Reference.parse(found.project.base_of(found.stage))
    there = set(facts["folders"]) - (set(facts["alpine_without"]) if reference.musl else set())
    above = []
    path = posixpath.dirname(found.folder)
    while path not in there and path != "/":
        above.append(path)
        path = posixpath.dirname(path)
    return tuple(above)


def size(found: Copies) -> int | None:
    """The bytes of the context that the COPYs take; None when one takes files from elsewhere."""
    total = 0
    for copy in found.copies:
        remote = any(is_remote(word.text) for word in copy.sources)
        if copy.flag("from") is not None or remote or copy.heredocs:
            return None
        total += sum(
            file.size for each in taken(found.project, copy) for file in each.files(found.project.context)
        )
    return total


def _reaches(found: Copies, copy: Instruction) -> bool:
    context = found.project.context
    return any(
        covers(found.folder, source.target(file.path, context))
        for source in taken(found.project, copy)
        for file in source.files(context)
    )
