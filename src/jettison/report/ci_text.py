"""What `ci` would write, and how an image stands to its budgets, in the format `text`."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.report import Answer
from jettison.report.diff import unified
from jettison.report.sizes import duration, size
from jettison.report.style import Style, visible

if TYPE_CHECKING:
    from jettison.ci.budget import Budget
    from jettison.ci.wiring import Wiring


def wired(answer: Answer, style: Style) -> Iterator[str]:
    """The diff, each change with its reason, what is left, what to do beside it."""
    if answer.budget is not None:
        yield from _budget(answer.budget, style)
    if answer.wiring is not None:
        yield from _wiring(answer.wiring, answer, style)


def rows(budget: Budget) -> list[tuple[str, str, str, str]]:
    """What, measured, budget, verdict; for every format."""
    made = [
        ("image on disk", size(budget.uncompressed), *_verdict(budget.over_size, budget.size_budget, size))
    ]
    if budget.compressed is not None:
        made.append(("image to pull", size(budget.compressed), "", ""))
    if budget.seconds is not None:
        made.append(
            ("build", duration(budget.seconds), *_verdict(budget.over_time, budget.time_budget, duration))
        )
    elif budget.time_budget is not None:
        made.append(("build", "not measured", duration(budget.time_budget), ""))
    return made


def _verdict(over: bool, allowed: float | None, shown: object) -> tuple[str, str]:
    if allowed is None:
        return "", ""
    assert callable(shown)
    return shown(allowed), "OVER" if over else "within"


def _budget(budget: Budget, style: Style) -> Iterator[str]:
    yield f"{style.bold(visible(budget.image))}, {budget.layers} layers\n"
    for what, measured, allowed, verdict in rows(budget):
        beside = f" of {allowed}: {verdict}" if verdict else f" (budget {allowed})" if allowed else ""
        line = f"  {what:14} {measured:>9}{beside}"
        yield (style.red(line) if verdict == "OVER" else line) + "\n"
    yield "  largest layers\n"
    for bytes, by in budget.heaviest:
        yield f"    {size(bytes):>9}  {visible(by)[:90]}\n"


def _wiring(wiring: Wiring, answer: Answer, style: Style) -> Iterator[str]:
    for change in wiring.files:
        yield from unified(change, style)
    if wiring.changes:
        yield f"\n{style.bold('What changes')}\n"
    for made in wiring.changes:
        yield f"  {visible(made.path)}:{made.line}  {visible(made.title)}\n"
        yield f"    {style.dim(visible(f'why: {made.why}'))}\n"
    if wiring.refused:
        yield f"\n{style.bold('Left as it is')}\n"
    for left in wiring.refused:
        place = f"{left.path}:{left.line}" if left.line else left.path
        yield f"  {visible(place)}  {visible(left.why)}\n"
    if wiring.advice:
        yield f"\n{style.bold('Beside it')}\n"
    yield from (f"  {visible(line)}\n" for line in wiring.advice)
    if answer.written:
        yield f"\n{style.green('Written:')} {visible(', '.join(answer.written))}\n"
    elif wiring.files:
        yield "\nNothing was written. Next: the same call with --apply\n"
    else:
        blank = "\n" if wiring.refused or wiring.advice else ""
        yield f"{blank}Nothing to change.\n"
