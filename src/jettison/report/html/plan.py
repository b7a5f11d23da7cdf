"""Builds as bars over time: from the record of a build that was done, else worked out from a replay."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jettison.findings import Basis
from jettison.replay.critical import critical_path, earliest

if TYPE_CHECKING:
    from jettison.build.record import BuildRecord
    from jettison.replay import PricedStep, Replay


@dataclass(frozen=True, slots=True)
class Bar:
    """One step of a build."""

    stage: str
    text: str
    """The instruction."""
    lines: tuple[int, ...]
    spans: tuple[tuple[float, float], ...]
    """When it was at work: begin and end in seconds since the build began."""
    seconds: float
    cached: bool
    critical: bool
    """Whether it is on the critical path: the build cannot end earlier unless one of those steps does."""
    basis: Basis


@dataclass(frozen=True, slots=True)
class Plan:
    """One build."""

    bars: tuple[Bar, ...]
    basis: str
    rest: float = 0.0
    """Seconds of the builder's own work beside the steps, where it is known."""

    @property
    def seconds(self) -> float:
        """Until the last step is done."""
        return max((end for bar in self.bars for _, end in bar.spans), default=0.0)


def of_record(record: BuildRecord) -> Plan:
    """A build that was done."""
    steps = record.steps
    path = last_to_end([step.ended for step in steps], [step.after for step in steps])
    bars = [
        Bar(
            step.stage,
            step.instruction,
            step.lines,
            step.spans,
            step.seconds,
            step.cached,
            number in path and not step.cached,
            Basis.MEASURED,
        )
        for number, step in enumerate(steps)
    ]
    return Plan(tuple(bars), Basis.MEASURED.value, record.overhead)


def of_replay(replay: Replay, scenario: str) -> Plan:
    """A build as the model sees it: every step begins when what it waits for is done, and the steps run that
    are not cached at most commits in this scenario."""
    times = [_seconds(step, scenario) for step in replay.steps]
    waits = [step.after for step in replay.steps]
    starts, path = earliest(times, waits), set(critical_path(times, waits))
    bars = []
    for number, (step, seconds, start) in enumerate(zip(replay.steps, times, starts, strict=True)):
        cached = _cached(step, scenario)
        spans = ((start, start + seconds),) if seconds else ()
        on_path = number in path and seconds > 0
        text = step.name.partition("] ")[2] or step.name
        bars.append(Bar(step.stage, text, step.lines, spans, seconds, cached, on_path, step.basis))
    bases = dict.fromkeys(bar.basis.value for bar in bars if bar.seconds)
    return Plan(tuple(bars), f"modelled, nothing was built; seconds of a step: {', '.join(bases) or 'none'}")


def _cached(step: PricedStep, scenario: str) -> bool:
    # the model has every base image at hand and prices none: a build without cache takes nothing else
    return scenario != "none" and step.hits.get(scenario, 0.0) > 0.5


def _seconds(step: PricedStep, scenario: str) -> float:
    if _cached(step, scenario):
        return 0.0
    return step.warm if scenario == "local" else step.seconds


def last_to_end(ends: Sequence[float], after: Sequence[Sequence[int]]) -> set[int]:
    """The steps that decided when a build ended, by the times at which its steps did: the last one, of those
    that it waited for the last one, and so on."""
    path: set[int] = set()
    last = max(range(len(ends)), key=lambda number: ends[number], default=None)
    while last is not None and last not in path:
        path.add(last)
        last = max(after[last], key=lambda number: ends[number], default=None)
    return path
