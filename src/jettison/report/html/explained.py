"""Why steps ran: a row per step that was not cached, those that cost most first."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jettison.report.html.markup import esc, table
from jettison.report.sizes import duration

if TYPE_CHECKING:
    from jettison.cache.causes import Cause
    from jettison.cache.explain import Miss
    from jettison.report.why import Explanation

_SHOWN = 50
"""Details of one cause; JSON has all."""


def explained(why: Explanation) -> str:
    """The misses of the build after, with cause, cost and fix."""
    said = f'<p class="basis">{esc(f"{why.after} after {why.before}, on {why.cache}")}</p>\n'
    if not why.misses:
        return f"{said}<p>Every step is taken from the cache.</p>\n"
    rows = [_row(why, miss) for miss in sorted(why.misses, key=lambda each: -why.cost(each))]
    heads = ("line", "step", "what made it run", "#costs with what stands on it")
    return said + table("Steps that run again", heads, rows)


def _row(why: Explanation, miss: Miss) -> str:
    text = miss.step.name.partition("] ")[2] or miss.step.name
    lines = ", ".join(dict.fromkeys(str(why.steps[index].lines[0]) for index in miss.followers))
    behind = f"<br><small>and line {lines}</small>" if lines else ""
    causes = "".join(_cause(cause) for cause in miss.causes)
    basis = why.basis.value
    return (
        f'<tr><td class="no">{miss.step.lines[0]}</td><th scope="row"><code>{esc(text)}</code>{behind}</th>'
        f'<td>{causes}</td><td class="num">{duration(why.cost(miss))} <small>{basis}</small></td></tr>\n'
    )


def _cause(cause: Cause) -> str:
    place = f"line {cause.line}: " if cause.line is not None else ""
    details = "".join(f"<li><code>{esc(each)}</code></li>" for each in cause.details[:_SHOWN])
    more = len(cause.details) - _SHOWN
    details += f"<li>and {more} more</li>" if more > 0 else ""
    fix = f'<p class="fix">fix: {esc(cause.fix)}</p>' if cause.fix else ""
    return f"<p>{esc(place + cause.message)}</p>" + (f"<ul>{details}</ul>" if details else "") + fix
