"""Which of several changes spoil the whole: found with few tries, as each try is a real build."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

Fails = Callable[[tuple[str, ...]], str]
"""Tries the changes with these ids together, in the order given; why they fail, empty when they hold."""


class Outcome(NamedTuple):
    """The changes that hold together, and for every other one why it was dropped."""

    kept: tuple[str, ...]
    dropped: dict[str, str]


def bisect(ids: Sequence[str], fails: Fails) -> Outcome:
    """Keep as many changes as hold together; drop the others one by one, halving what fails.

    The changes kept have been tried together, exactly so. Of changes that only fail together, the later one
    in the order is dropped. No set is tried twice. d guilty ones among n take about 2 * d * log2(n) tries.
    """
    order = {id: number for number, id in enumerate(ids)}
    known: dict[frozenset[str], str] = {}
    kept: tuple[str, ...] = ()
    dropped: dict[str, str] = {}

    def reason(group: tuple[str, ...]) -> str:
        key = frozenset(group)
        if key not in known:
            known[key] = fails(group) if group else ""
        return known[key]

    pending = [tuple(ids)]
    while pending:
        group = pending.pop()
        together = tuple(sorted((*kept, *group), key=order.__getitem__))
        why = reason(together)
        if not why:
            kept = together
        elif len(group) == 1:
            dropped[group[0]] = why
        else:
            half = len(group) // 2
            pending += [group[half:], group[:half]]
    return Outcome(kept, dropped)
