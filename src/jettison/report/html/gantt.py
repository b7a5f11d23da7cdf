"""The Gantt: one table per build, a row per step, all builds of a comparison on the same scale."""

from __future__ import annotations

import math
from collections.abc import Sequence

from jettison.report.html.markup import esc, small, table
from jettison.report.html.plan import Bar, Plan
from jettison.report.sizes import duration

_LEAST = 0.35
"""Per cent of the width that a bar takes at least, so that it is seen."""
_LONGEST = 160
"""Characters of an instruction."""


def gantt(builds: Sequence[tuple[str, str, Plan]]) -> str:
    """The builds of one comparison: title, class (`now` or `then`) and plan of each."""
    longest = max((plan.seconds for _, _, plan in builds), default=0.0)
    marks = ticks(longest)
    end = max([longest, *marks]) or 1.0
    return "".join(_build(title, kind, plan, marks, end) for title, kind, plan in builds if plan.bars)


def ticks(longest: float) -> list[float]:
    """Round numbers of seconds from 0 to just above `longest`, at most six."""
    if longest <= 0:
        return [0.0]
    rough = longest / 5
    unit = 10.0 ** math.floor(math.log10(rough))
    step = next(unit * times for times in (1, 2, 5, 10) if unit * times >= rough * 0.999)
    return [round(step * number, 6) for number in range(math.ceil(longest / step - 1e-9) + 1)]


def mark_text(seconds: float) -> str:
    """A mark of an axis: `0.5 s`, `40 s`, `2 min`."""
    return f"{seconds:g} s" if seconds < 120 else duration(seconds)


def _build(title: str, kind: str, plan: Plan, marks: Sequence[float], end: float) -> str:
    name = f"{title}: {duration(plan.seconds)}"
    rest = f"; the builder's own work beside the steps: {duration(plan.rest)}" if plan.rest >= 0.1 else ""
    rows = [_axis(marks, end), *(_row(bar, marks, end) for bar in plan.bars)]
    heads = ("line", "step", "from start to end", "#takes")
    return (
        f'<div class="gantt {kind}">'
        + table(name, heads, rows, "gantt")
        + f'<p class="basis">{esc(plan.basis + rest)}</p></div>\n'
    )


def _axis(marks: Sequence[float], end: float) -> str:
    texts = []
    for number, mark in enumerate(marks):
        anchor = "start" if not number else "end" if mark >= end else "middle"
        texts.append(
            f'<text x="{small(100 * mark / end)}%" y="12" text-anchor="{anchor}">{mark_text(mark)}</text>'
        )
    svg = f'<svg class="axis" width="100%" height="16" aria-hidden="true">{"".join(texts)}</svg>'
    return (
        f'<tr class="axis" aria-hidden="true"><td></td><td></td><td class="time">{svg}</td><td></td></tr>\n'
    )


def _row(bar: Bar, marks: Sequence[float], end: float) -> str:
    kind = "cached" if bar.cached else "critical" if bar.critical else "run"
    text = bar.text[:_LONGEST] + ("…" if len(bar.text) > _LONGEST else "")
    stage = f"<small>{esc(bar.stage)}</small> " if bar.stage else ""
    mark = '<span class="mark" title="on the critical path">◆</span> ' if bar.critical else ""
    takes = "cached" if bar.cached else duration(bar.seconds) if bar.spans else "-"
    line = str(bar.lines[0]) if bar.lines else ""
    return (
        f'<tr class="{kind}"><td class="no">{line}</td>'
        f'<th scope="row">{mark}{stage}<code>{esc(text)}</code></th>'
        f'<td class="time">{_bar(bar, marks, end)}</td><td class="num">{takes}</td></tr>\n'
    )


def _bar(bar: Bar, marks: Sequence[float], end: float) -> str:
    grid = "".join(
        f'<line x1="{small(100 * mark / end)}%" x2="{small(100 * mark / end)}%" y1="0" y2="100%"/>'
        for mark in marks[1:-1]
    )
    pieces = ""
    for begin, stop in bar.spans:
        width = max(100 * (stop - begin) / end, _LEAST)
        left = min(100 * begin / end, 100 - width)
        pieces += f'<rect x="{small(left)}%" y="4" width="{small(width)}%" height="14" rx="2"/>'
    return f'<svg width="100%" height="22" role="img" aria-label="{_said(bar)}">{grid}{pieces}</svg>'


def _said(bar: Bar) -> str:
    if bar.cached or not bar.spans:
        return "cached" if bar.cached else "no time"
    said = f"from {duration(bar.spans[0][0])} to {duration(bar.spans[-1][1])}"
    return said + (", on the critical path" if bar.critical else "")
