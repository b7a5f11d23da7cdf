"""Why steps ran, for a person and as JSON: step, cause, cost, what to do."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, Any, NamedTuple

from jettison.report.json import clean
from jettison.report.sizes import duration
from jettison.report.style import Style, visible

if TYPE_CHECKING:
    from jettison.cache.explain import Miss
    from jettison.cache.steps import Steps
    from jettison.findings import Basis

_SHOWN = 12
"""Lines of details of one cause; JSON has all."""


class Explanation(NamedTuple):
    """What `jettison why` found out."""

    before: str
    after: str
    cache: str
    """What the builder of `after` has."""
    steps: Steps
    """Of the build after."""
    misses: tuple[Miss, ...]
    seconds: tuple[float, ...]
    """What each step takes."""
    basis: Basis

    def cost(self, miss: Miss) -> float:
        """What the step and those behind it take, in seconds."""
        return sum(self.seconds[index] for index in (miss.number, *miss.followers))


def explained(why: Explanation, path: str, style: Style) -> Iterator[str]:
    """The misses, those that cost most first."""
    yield f"{style.bold(visible(path))}: {visible(why.after)} after {visible(why.before)}, on {why.cache}\n"
    if not why.misses:
        yield "every step is taken from the cache\n"
    for miss in sorted(why.misses, key=lambda each: -why.cost(each)):
        yield "\n"
        text = visible(miss.step.name.partition("] ")[2] or miss.step.name)[:70].rstrip("\\ ")
        cost = f"{duration(why.cost(miss))}, {why.basis.value}"
        place = style.bold(f"line {miss.step.lines[0]}")
        yield f"{place}  {style.cyan(text)}  runs again  {style.yellow(f'[{cost}]')}\n"
        for cause in miss.causes:
            place = f"line {cause.line}: " if cause.line is not None else ""
            yield f"    {place}{visible(cause.message)}\n"
            for detail in cause.details[:_SHOWN]:
                yield f"        {visible(detail)[:140]}\n"
            if len(cause.details) > _SHOWN:
                yield f"        and {len(cause.details) - _SHOWN} more\n"
            if cause.fix:
                yield f"    {style.green(f'fix: {cause.fix}')}\n"
        if miss.followers:
            lines = ", ".join(dict.fromkeys(str(why.steps[index].lines[0]) for index in miss.followers))
            yield style.dim(f"    and what stands on it: line {lines}\n")


def why_document(why: Explanation) -> dict[str, Any]:
    """The same for `--format json`."""
    return {
        "before": clean(why.before),
        "after": clean(why.after),
        "cache": why.cache,
        "misses": [
            {
                "step": clean(miss.step.name),
                "lines": list(miss.step.lines),
                "seconds": round(why.cost(miss), 3),
                "basis": why.basis.value,
                "causes": [
                    {
                        "kind": cause.kind,
                        "message": clean(cause.message),
                        "details": [clean(detail) for detail in cause.details],
                        "line": cause.line,
                        "fix": cause.fix or None,
                    }
                    for cause in miss.causes
                ],
                "followers": [why.steps[index].lines[0] for index in miss.followers],
            }
            for miss in why.misses
        ],
    }
