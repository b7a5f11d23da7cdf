"""Lines of an ignore file that name junk in the top folder only, while the same junk lies deeper."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, NamedTuple

from jettison.context.ignore import IgnoreFile
from jettison.project import Project
from jettison.rules.unneeded import Unneeded

if TYPE_CHECKING:
    from jettison.context.ignore import IgnoreLine


class Missed(NamedTuple):
    """A line, and the junk that it misses and that nothing needs."""

    line: IgnoreLine
    junk: tuple[Unneeded, ...]


def missed(project: Project, found: Iterable[Unneeded]) -> tuple[Missed, ...]:
    """The lines that would name junk of a context, all of it, if they were meant at any depth."""
    ignore = project.context.ignore
    lines = [] if ignore is None else [line for line in ignore.lines if _top_only(line)]
    if not lines:
        return ()
    wide = {
        line: IgnoreFile.parse(b"**/" + line.pattern.encode("utf-8", "surrogateescape")) for line in lines
    }
    by_line: dict[IgnoreLine, list[Unneeded]] = {}
    for each in found:
        meant = [line for line in lines if any(wide[line].excludes(path) for path in each.paths)]
        if all(any(wide[line].excludes(path) for line in meant) for path in each.paths):
            for line in meant:
                by_line.setdefault(line, []).append(each)
    return tuple(Missed(line, tuple(junk)) for line, junk in by_line.items())


def _top_only(line: IgnoreLine) -> bool:
    """True for one name without a folder, such as `node_modules` or `*.pyc`."""
    return not line.negated and "/" not in line.pattern and "**" not in line.pattern and line.pattern != "*"
