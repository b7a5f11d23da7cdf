"""The order of steps with the least expected rebuild time, under what has to stay before what.

Steps run one after the other, and a step runs again as soon as the input of any step up to it has changed.
With costs c and, for every step, the commits that changed an input of it, an order takes, summed over the
commits,

    sum over its steps of c * (commits that touched this step or one before it).

Adding a step to a set of steps already laid out costs the same whatever their order was, so the least time of
every set that is closed under "has to stay before" is found once, from smaller sets: exact also where changes
go together. The index rule that stands in for it sorts by p / ((1 - p) * c), which is optimal for two
neighbours whose changes are independent.
"""

from __future__ import annotations

from collections.abc import Sequence
from fractions import Fraction
from math import inf, lcm
from typing import NamedTuple

Seconds = int | float | Fraction


class Order(NamedTuple):
    """The steps by their original number. `seconds` of this order and `original` are summed over the commits;
    `exact` is False where there were too many sets, and the index rule with exchanges of neighbours was taken
    instead."""

    steps: tuple[int, ...]
    seconds: Fraction
    original: Fraction
    exact: bool


def best_order(
    costs: Sequence[Seconds], touched: Sequence[int], before: Sequence[int], limit: int = 20_000
) -> Order:
    """The best order of steps 0, 1, ... as they stand now.

    `costs` are seconds of one run, `touched` has bit h set when commit h changes an input of the step,
    `before` has bit j set when step j has to stay before it; all of these are below the step's own number.
    Of equally good orders it is the one with fewest pairs exchanged, so the original when that is one of the
    best; it is never worse than the original. `limit` is the most sets that are looked at. Raises ValueError
    when `before` does not fit the order as it is.
    """
    if any(mask >> step for step, mask in enumerate(before)):
        raise ValueError("a step has to stay before one that stands above it")
    exact = [Fraction(cost) for cost in costs]
    scale = lcm(*(cost.denominator for cost in exact))
    whole = [int(cost * scale) for cost in exact]
    found = _by_sets(whole, touched, before, limit)
    steps = _by_index(whole, touched, before) if found is None else found
    return Order(
        steps,
        Fraction(expected(whole, touched, steps), scale),
        Fraction(expected(whole, touched, tuple(range(len(whole)))), scale),
        found is not None,
    )


def expected(costs: Sequence[int], touched: Sequence[int], steps: Sequence[int]) -> int:
    """What an order takes, summed over the commits, in the unit of the costs."""
    total = seen = 0
    for step in steps:
        seen |= touched[step]
        total += costs[step] * seen.bit_count()
    return total


class _Laid(NamedTuple):
    """The best way to lay out one set: its cost, the pairs exchanged, the last step, all commits in it."""

    cost: int
    exchanged: int
    last: int
    seen: int


def _by_sets(
    costs: Sequence[int], touched: Sequence[int], before: Sequence[int], limit: int
) -> tuple[int, ...] | None:
    """The exact optimum, set by set; None when there are more than `limit`."""
    count = len(costs)
    layers: list[dict[int, _Laid]] = [{0: _Laid(0, 0, -1, 0)}]
    left = limit
    for _ in range(count):
        grown: dict[int, _Laid] = {}
        for laid, way in layers[-1].items():
            skipped = 0
            for step in range(count):
                if laid >> step & 1:
                    continue
                if not before[step] & ~laid:
                    seen = way.seen | touched[step]
                    cost = way.cost + costs[step] * seen.bit_count()
                    new = _Laid(cost, way.exchanged + skipped, step, seen)
                    old = grown.get(laid | 1 << step)
                    if old is None or new < old:
                        grown[laid | 1 << step] = new
                skipped += 1
        layers.append(grown)
        left -= len(grown)
        if left < 0:
            return None
    steps: list[int] = []
    rest = (1 << count) - 1
    for layer in layers[:0:-1]:
        steps.append(layer[rest].last)
        rest &= ~(1 << steps[-1])
    return tuple(reversed(steps))


def _by_index(costs: Sequence[int], touched: Sequence[int], before: Sequence[int]) -> tuple[int, ...]:
    """The better of the original and the index rule, each improved by exchanges of neighbours."""
    original = list(range(len(costs)))
    ruled = _sorted(costs, touched, before)
    ways = [_exchanged(way, costs, touched, before) for way in (original, ruled)]
    best: list[int] = min(ways, key=lambda way: expected(costs, touched, way))
    return tuple(best)


def _sorted(costs: Sequence[int], touched: Sequence[int], before: Sequence[int]) -> list[int]:
    """Of the steps that may come next always the one that is rarely touched and takes long."""
    commits = max((mask.bit_length() for mask in touched), default=0)

    def index(step: int) -> Fraction | float:
        changes = touched[step].bit_count()
        kept = (commits - changes) * costs[step]
        return Fraction(changes, kept) if kept else inf if changes else 0

    laid, steps = 0, list[int]()
    open_ = set(range(len(costs)))
    while open_:
        ready = [step for step in open_ if not before[step] & ~laid]
        steps.append(min(ready, key=lambda step: (index(step), step)))
        laid |= 1 << steps[-1]
        open_.remove(steps[-1])
    return steps


def _exchanged(
    steps: list[int], costs: Sequence[int], touched: Sequence[int], before: Sequence[int]
) -> list[int]:
    """The order after exchanging neighbours for as long as that makes it better."""
    better = True
    while better:
        better, seen = False, 0
        for place in range(len(steps) - 1):
            one, other = steps[place], steps[place + 1]
            both = (seen | touched[one] | touched[other]).bit_count()
            kept = costs[one] * (seen | touched[one]).bit_count() + costs[other] * both
            swapped = costs[other] * (seen | touched[other]).bit_count() + costs[one] * both
            if swapped < kept and not before[other] >> one & 1:
                steps[place], steps[place + 1] = other, one
                better = True
            seen |= touched[steps[place]]
    return steps
