"""The history chart: what a rebuild takes at each commit, before and after, one chart per scenario."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jettison.replay import SCENARIOS, Replay
from jettison.report.html.gantt import mark_text, ticks
from jettison.report.html.markup import esc, row, small, table
from jettison.report.sizes import duration, factor

_BUCKETS = 250
"""Groups of commits that a curve is thinned to; each keeps its lowest and its highest value."""
_ROWS = 200
"""Of the table of numbers."""
_WIDTH, _HEIGHT = 1000, 100


def history(replays: Sequence[Replay]) -> str:
    """Expected seconds as a table, a chart for each scenario, and the numbers behind them."""
    before, after = replays[0], replays[1] if len(replays) > 1 else None
    charts = "".join(_chart(name, before, after) for name in SCENARIOS if before.history.get(name))
    key = '<p class="basis"><span class="key now"></span> now'
    key += ' <span class="key then"></span> after the fixes' if after is not None else ""
    key += "; seconds of the rebuild at each commit, the oldest to the left</p>\n"
    return f'{_expected(before, after)}{key}<div class="charts">{charts}</div>\n{_numbers(before, after)}'


def thinned(values: Sequence[float], buckets: int = _BUCKETS) -> list[tuple[int, float]]:
    """At most two values a bucket with their places: the lowest and the highest, in their order."""
    if len(values) <= 2 * buckets:
        return list(enumerate(values))
    kept = []
    for number in range(buckets):
        places = range(number * len(values) // buckets, (number + 1) * len(values) // buckets)
        low, high = min(places, key=lambda at: values[at]), max(places, key=lambda at: values[at])
        kept += [(place, values[place]) for place in sorted({low, high})]
    return kept


def _expected(before: Replay, after: Replay | None) -> str:
    heads = ["a rebuild takes, in the mean", "#now"] + (["#after the fixes", "#gain"] if after else [])
    rows = []
    for name, meaning in SCENARIOS.items():
        now = before.expected[name]
        cells = [_estimate(now.mean, now.low, now.high)]
        if after is not None:
            then = after.expected[name]
            cells += [_estimate(then.mean, then.low, then.high), factor(now.mean, then.mean) or "-"]
        rows.append(row(meaning, cells))
    rest = (
        f"; {before.left_out} more commits cannot be built: a COPY finds nothing" if before.left_out else ""
    )
    said = (
        f"Modelled over {len(before.commits) - 1} rebuilds{rest}. In brackets: the 95 % interval of the mean."
    )
    return table("Expected rebuild", heads, rows) + f'<p class="basis">{esc(said)}</p>\n'


def _estimate(mean: float, low: float, high: float) -> str:
    return f"{duration(mean)} ({duration(low)} to {duration(high)})"


def _chart(name: str, before: Replay, after: Replay | None) -> str:
    now, then = before.history[name], after.history[name] if after is not None else ()
    marks = ticks(max(*now, *then, 0.0))
    top = marks[-1] or 1.0
    paths = f'<path class="now" d="{_area(now, top)}"/>'
    paths += f'<path class="then" d="{_area(then, top)}"/>' if then else ""
    grid = "".join(
        f'<line x1="0" x2="{_WIDTH}" y1="{y}" y2="{y}"/>'
        for y in (small(_HEIGHT * (1 - mark / top)) for mark in marks)
    )
    axis = "".join(f"<span>{mark_text(mark)}</span>" for mark in reversed(marks))
    said = f"{SCENARIOS[name]}: now {_span(now)}" + (f", after the fixes {_span(then)}" if then else "")
    first, last = before.commits[1][:10], before.commits[-1][:10]
    return (
        f'<figure><figcaption>{esc(SCENARIOS[name])}</figcaption><div class="plot">'
        f'<div class="y" aria-hidden="true">{axis}</div>'
        f'<svg viewBox="0 0 {_WIDTH} {_HEIGHT}" preserveAspectRatio="none" role="img" '
        f'aria-label="{esc(said)}">'
        f'{paths}<g class="grid">{grid}</g></svg>'
        f'<div class="x" aria-hidden="true"><span>{esc(first)}</span><span>{esc(last)}</span></div>'
        "</div></figure>\n"
    )


def _span(values: Sequence[float]) -> str:
    return f"{duration(min(values))} to {duration(max(values))}"


def _area(values: Sequence[float], top: float) -> str:
    """The area under the values as steps, each reaching to the next one that is kept."""
    kept = thinned(values)
    path = f"M0 {_HEIGHT}"
    for number, (_, value) in enumerate(kept):
        end = kept[number + 1][0] if number + 1 < len(kept) else len(values)
        path += f"V{small(_HEIGHT * (1 - value / top))}H{small(_WIDTH * end / len(values))}"
    return f"{path}V{_HEIGHT}Z"


def _numbers(before: Replay, after: Replay | None) -> str:
    """The values in a table that opens; groups of commits where there are many."""
    names = [name for name in SCENARIOS if before.history.get(name)]
    heads = ["commit" if len(before.commits) - 1 <= _ROWS else "commits"]
    for name in names:
        heads += [f"#{name}, now", *([f"#{name}, after"] if after is not None else [])]
    series = [replay.history[name] for name in names for replay in (before, after) if replay is not None]
    rows = "".join(_rows(before.commits[1:], series))
    grouped = "" if len(before.commits) - 1 <= _ROWS else " Each row is a group of commits: mean, highest."
    said = f"Seconds, modelled. {grouped}".strip()
    numbers = table("Seconds of the rebuild at each commit", heads, [rows], "numbers")
    return f'<details><summary>The numbers</summary>\n<p class="basis">{said}</p>{numbers}</details>\n'


def _rows(commits: Sequence[str], series: Sequence[Sequence[float]]) -> Iterator[str]:
    count = min(_ROWS, len(commits))
    for number in range(count):
        start, end = number * len(commits) // count, (number + 1) * len(commits) // count
        ids = commits[start][:10] if end - start == 1 else f"{commits[start][:10]} to {commits[end - 1][:10]}"
        yield row(ids, [_cell(values[start:end]) for values in series])


def _cell(values: Sequence[float]) -> str:
    mean = sum(values) / len(values)
    return f"{mean:.1f}" if len(values) == 1 else f"{mean:.1f}, {max(values):.1f}"
