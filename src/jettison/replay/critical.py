"""The longest path through steps that wait for each other: what a build takes when nothing holds it back.

BuildKit starts a step as soon as every step that it waits for has ended. Durations are seconds; `after` gives
for each step the indexes of those that it waits for, all smaller than its own (else ValueError).
"""

from __future__ import annotations

from collections.abc import Sequence


def earliest(seconds: Sequence[float], after: Sequence[Sequence[int]]) -> tuple[float, ...]:
    """When each step can start at the earliest, in seconds after the first."""
    starts: list[float] = []
    for index, waits in enumerate(after):
        if any(not 0 <= each < index for each in waits):
            raise ValueError(f"step {index} waits for a step that does not come before it")
        starts.append(max((starts[each] + seconds[each] for each in waits), default=0.0))
    return tuple(starts)


def critical_path(seconds: Sequence[float], after: Sequence[Sequence[int]]) -> tuple[int, ...]:
    """The steps of the longest path, first to last; of equally long ones that through the earlier steps."""
    starts = earliest(seconds, after)
    ends = [start + took for start, took in zip(starts, seconds, strict=True)]
    path: list[int] = []
    waits: Sequence[int] = range(len(ends))
    while waits:
        path.append(max(waits, key=lambda each: (ends[each], -each)))
        waits = after[path[-1]]
    return tuple(reversed(path))


def length(seconds: Sequence[float], after: Sequence[Sequence[int]]) -> float:
    """Seconds of the longest path; 0 without steps."""
    starts = earliest(seconds, after)
    return max((start + took for start, took in zip(starts, seconds, strict=True)), default=0.0)
