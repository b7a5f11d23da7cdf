"""A later COPY overwrites what an earlier one brought."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction
from jettison.dockerfile.edit import delete
from jettison.findings import Basis, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.amounts import size
from jettison.rules.copies import taken

_WORTH = 1_000_000
"""Bytes below which nobody cares, unless a COPY is for nothing as a whole."""


@rule("JT109", order=22)
def rewritten_file(project: Project) -> Iterator[Finding]:
    """A later COPY overwrites what an earlier one brought.

    What:
        Two COPYs of a stage whose layers ship put files to the same place, with no RUN between them that may
        need the first.

    Why:
        Both layers ship: the first holds bytes that nobody can see.

    How it is fixed:
        Where the later COPY brings every file of the earlier one, the earlier one is dropped. Applied once a
        real build agrees that nothing changes.

    When not:
        With a RUN between: manifests before an install are copied twice on purpose. Below 1 MB, unless the
        earlier COPY is for nothing as a whole.

    References:
        https://docs.docker.com/build/building/best-practices/
    """
    for stage in project.shipped:
        copies: list[tuple[Instruction, dict[str, int]]] = []
        plain = [i for i in stage.instructions if i.keyword in ("COPY", "ADD", "RUN")]
        if sum(i.keyword != "RUN" for i in plain) < 2:
            continue
        for instruction in plain:
            if instruction.keyword == "RUN":
                copies.clear()
                continue
            brought = _brought(project, instruction)
            for earlier, files in copies:
                twice = [path for path in files if path in brought]
                dead = sum(files[path] for path in twice)
                whole = len(twice) == len(files) > 0
                if dead >= _WORTH or whole:
                    yield _finding(earlier, instruction, dead, whole)
            copies.append((instruction, brought))


def _brought(project: Project, copy: Instruction) -> dict[str, int]:
    """The image paths that a COPY fills, with their bytes."""
    context = project.context
    return {
        source.target(file.path, context): file.size
        for source in taken(project, copy)
        for file in source.files(context)
    }


def _finding(earlier: Instruction, later: Instruction, dead: int, whole: bool) -> Finding:
    message = f"line {later.start_line} overwrites {size(dead)} that this {earlier.keyword} brings"
    saving = Saving(bytes=dead, basis=Basis.MEASURED)
    if not whole:
        why = "it brings other files too: name them alone"
        return Finding(earlier.span, message, saving, refused=why)
    if earlier.flags or earlier.keyword == "ADD":
        return Finding(
            earlier.span, message, saving, refused="its flags may be meant for the folders it makes"
        )
    fix = Fix("Copy these files once", (delete(earlier),), Safety.PROVEN)
    return Finding(earlier.span, message, saving, fix)
