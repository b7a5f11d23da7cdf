"""The optimum over sets against brute force, and the rule that stands in for it against the original."""

from __future__ import annotations

from fractions import Fraction
from itertools import permutations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jettison.replay.order import best_order, expected

COMMITS = 12


@st.composite
def stages(draw: st.DrawFn, most: int) -> tuple[list[Fraction], list[int], list[int]]:
    count = draw(st.integers(0, most))
    costs = draw(st.lists(st.fractions(0, 50, max_denominator=6), min_size=count, max_size=count))
    touched = draw(st.lists(st.integers(0, 2**COMMITS - 1), min_size=count, max_size=count))
    before = [draw(st.integers(0, 2**step - 1)) & draw(st.integers(0, 2**step - 1)) for step in range(count)]
    return costs, touched, before


def seconds(costs: list[Fraction], touched: list[int], steps: tuple[int, ...]) -> Fraction:
    """By the definition: over commits, over steps, whether any up to it is touched."""
    return sum(
        (
            costs[step]
            for commit in range(COMMITS)
            for place, step in enumerate(steps)
            if any(touched[other] >> commit & 1 for other in steps[: place + 1])
        ),
        Fraction(0),
    )


def allowed(steps: tuple[int, ...], before: list[int]) -> bool:
    return all(not before[step] >> other & 1 for place, step in enumerate(steps) for other in steps[place:])


def exchanged(steps: tuple[int, ...]) -> int:
    return sum(a > b for place, a in enumerate(steps) for b in steps[place:])


@settings(max_examples=120, deadline=None)
@given(stages(6))
def test_it_is_the_best_of_all_permutations(stage) -> None:
    costs, touched, before = stage
    found = best_order(costs, touched, before)
    every = [way for way in permutations(range(len(costs))) if allowed(way, before)]
    best = min((seconds(costs, touched, way), exchanged(way)) for way in every)
    assert found.exact
    assert allowed(found.steps, before)
    assert (found.seconds, exchanged(found.steps)) == best
    assert found.seconds == seconds(costs, touched, found.steps)
    assert found.original == seconds(costs, touched, tuple(range(len(costs))))


@settings(max_examples=12, deadline=None)
@given(stages(8).filter(lambda stage: len(stage[0]) > 6))
def test_it_is_the_best_of_all_permutations_of_eight(stage) -> None:
    costs, touched, before = stage
    found = best_order(costs, touched, before)
    whole = [int(cost * 60) for cost in costs]
    every = (way for way in permutations(range(len(costs))) if allowed(way, before))
    assert found.seconds == Fraction(min(expected(whole, touched, way) for way in every), 60)


@settings(max_examples=200, deadline=None)
@given(stages(9))
def test_the_rule_that_stands_in_is_legal_and_never_worse(stage) -> None:
    costs, touched, before = stage
    found = best_order(costs, touched, before, limit=0)
    assert found.exact is (not costs)
    assert allowed(found.steps, before)
    assert found.seconds == seconds(costs, touched, found.steps) <= found.original
    assert found.seconds >= best_order(costs, touched, before).seconds


def test_what_changes_rarely_and_takes_long_comes_first() -> None:
    found = best_order([1, 30, 5], [0b1111, 0b0001, 0], [0, 0, 0])
    assert found.steps == (2, 1, 0)
    assert (found.original, found.seconds) == (4 * 36, 30 + 4)


def test_equal_orders_leave_everything_as_it_is() -> None:
    assert best_order([1.1, 2.2, 3.3], [0b11, 0b11, 0b11], [0, 0, 0]).steps == (0, 1, 2)
    assert best_order([0.1] * 5, [0] * 5, [0] * 5).steps == (0, 1, 2, 3, 4)


def test_changes_that_go_together_are_counted_once() -> None:
    """The first step changes least often, and still comes last: the other two change together."""
    stage = [1, 1, 1], [0b000110, 0b111000, 0b111000], [0, 0, 0]
    assert best_order(*stage).steps == (1, 2, 0)
    assert best_order(*stage, limit=0).steps == (0, 1, 2)


def test_many_free_steps_fall_back() -> None:
    count = 24
    found = best_order([1] * count, [(1 << count) - (1 << step) for step in range(count)], [0] * count)
    assert not found.exact
    assert found.steps == tuple(reversed(range(count)))


def test_a_relation_against_the_order_is_refused() -> None:
    with pytest.raises(ValueError, match="stands above"):
        best_order([1, 1], [0, 0], [0b10, 0])
