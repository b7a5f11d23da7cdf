"""A replay for a person: what a rebuild takes now and after the fixes, and where the time goes."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.replay import SCENARIOS, Estimate, Replay
from jettison.report.sizes import duration
from jettison.report.style import Style, visible

if TYPE_CHECKING:
    from jettison.report import Answer

_WIDEST = 60


def replayed(answer: Answer, style: Style) -> Iterator[str]:
    """The expected rebuild in each scenario, then the steps of each Dockerfile."""
    before, after = answer.replays[0], answer.replays[1] if len(answer.replays) > 1 else None
    path = visible(answer.projects[0].path)
    counted = len(before.commits) - 1
    out = f", {before.left_out} left out where a COPY finds nothing" if before.left_out else ""
    yield f"{style.bold(path)}, {counted} rebuilds up to {before.commits[-1][:12]}{out}\n\n"
    yield from _expected(before, after, style)
    yield "\n"
    yield from _steps(before, path if after is None else f"{path} now", style)
    if after is not None:
        yield "\n"
        yield from _steps(after, f"{path} after jettison fix --prove", style)
    yield style.dim(
        "\nA model of BuildKit's cache; nothing was built. What a stage makes counts as new when it ran.\n"
    )


def _expected(before: Replay, after: Replay | None, style: Style) -> Iterator[str]:
    columns = [[_shown(replay.expected[name]) for name in SCENARIOS] for replay in (before, after) if replay]
    heads = ("now", "after the fixes")
    widths = [max(map(len, (head, *column))) + 3 for head, column in zip(heads, columns, strict=False)]
    head = "".join(f"{head:<{width}}" for head, width in zip(heads, widths, strict=False))
    yield f"{'a rebuild takes, in the mean':<52}{head}".rstrip() + "\n"
    for number, (name, meaning) in enumerate(SCENARIOS.items()):
        cells = "".join(f"{column[number]:<{width}}" for column, width in zip(columns, widths, strict=True))
        gain = _change(before.expected[name].mean, after.expected[name].mean) if after else ""
        yield f"  {meaning:<50}{cells}{style.green(gain)}".rstrip() + "\n"


def _shown(value: Estimate) -> str:
    return f"{duration(value.mean)} ({duration(value.low)} - {duration(value.high)})"


def _change(now: float, then: float) -> str:
    return f"{100 * (then / now - 1):+.0f} %" if now else ""


def _steps(replay: Replay, title: str, style: Style) -> Iterator[str]:
    yield f"{style.bold(title)}\n"
    yield f"{'line':>6}  {'seconds':<9}{'cached: kept':>13}{'max':>7}{'min':>7}   {'basis':<14}\n"
    for step in replay.steps:
        if step.name.startswith("FROM ") or "] FROM " in step.name:
            continue
        hits = "".join(
            f"{100 * step.hits[name]:>{width}.0f} %"
            for name, width in (("local", 11), ("registry-max", 5), ("registry-min", 5))
        )
        text = visible(step.name.partition("] ")[2])[:_WIDEST].rstrip("\\ ")
        yield f"{step.lines[0]:>6}  {duration(step.seconds):<9}{hits}   {step.basis.value:<14}{text}\n"
