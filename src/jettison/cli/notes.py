"""What the builder would fail on in the context, told beside the findings."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jettison.project import Project

_SHOWN = 5


def context_notes(project: Project) -> Iterator[str]:
    """A line for each file that cannot be read, each link that leads in a circle and each line of the ignore
    file that the builder refuses; nothing where no rule had to look at the context.
    """
    if not project.context_was_read:
        return
    context = project.context
    ignore = context.ignore
    found = [f"{context.root / each.path}: {each.message}" for each in context.problems]
    if ignore is not None:
        where = ignore.path or context.root / ".dockerignore"
        found = [f"{where}:{each.number}: {each.message}" for each in ignore.problems] + found
    yield from (f"{project.path}: the build will fail: {line}" for line in found[:_SHOWN])
    if len(found) > _SHOWN:
        yield f"{project.path}: and {len(found) - _SHOWN} more of the same"
