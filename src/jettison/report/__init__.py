"""Reports: what one call found out, written in a format. One file per format; entry point `jettison.report`.

A format is a generator `(Answer, Style) -> Iterator[str]` under the `report` decorator. Bytes of a Dockerfile
that are not UTF-8 travel as surrogate escapes, and the console writes them as they were.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from importlib import import_module
from typing import TYPE_CHECKING, NamedTuple

from jettison.errors import UsageError
from jettison.plugins import load_plugins
from jettison.report.style import Style

if TYPE_CHECKING:
    from jettison.ci.budget import Budget
    from jettison.ci.wiring import Wiring
    from jettison.context.worth import LineWorth
    from jettison.findings import Finding
    from jettison.project import Project
    from jettison.proof import Proof
    from jettison.replay import Replay
    from jettison.report.why import Explanation
    from jettison.rewrite import Rewrite

BUILT_IN = ("text", "json", "markdown", "html")
"""The formats of this package: the module of the same name registers each."""


class Answer(NamedTuple):
    """Everything that one call found out."""

    command: str
    """`check`, `ci`, `fix`, `ignore`, `prove`, `replay` or `why`."""
    projects: tuple[Project, ...]
    """What was read, in the order asked for."""
    findings: tuple[Finding, ...] = ()
    """Worth most first, over all projects."""
    rewrite: Rewrite | None = None
    """What `fix` would change."""
    left: tuple[Finding, ...] = ()
    """What is still found after the rewrite."""
    written: tuple[str, ...] = ()
    """The files that `fix --apply` wrote."""
    proof: Proof | None = None
    unproved: str = ""
    """Why there is no proof although one was asked for."""
    lines: tuple[LineWorth, ...] = ()
    """What each line of the ignore file that `ignore` writes keeps out."""
    replays: tuple[Replay, ...] = ()
    """What the Dockerfile costs over the history: now and, where there is a rewrite, after it."""
    why: Explanation | None = None
    """Which steps run, and why."""
    wiring: Wiring | None = None
    """What `ci` would write."""
    budget: Budget | None = None
    """How `ci --check` found an image."""


Render = Callable[[Answer, Style], Iterator[str]]
_formats: dict[str, Render] = {}


def report(name: str) -> Callable[[Render], Render]:
    """Register a generator function as the format `name`."""

    def register(render: Render) -> Render:
        _formats[name] = render
        return render

    return register


def find_report(name: str) -> Render:
    """The format of that name, built in or plugged in. UsageError lists the formats when there is none."""
    if name in BUILT_IN:
        import_module(f"{__name__}.{name}")
    elif name not in _formats:
        load_plugins("report")
    if name not in _formats:
        known = ", ".join(dict.fromkeys((*BUILT_IN, *_formats)))
        raise UsageError(f"there is no format {name!r}", f"formats: {known}")
    return _formats[name]
