"""The longest path, against every path there is."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.replay.critical import critical_path, earliest, length

Graph = tuple[list[float], list[list[int]]]


@st.composite
def graphs(draw: st.DrawFn) -> Graph:
    seconds = [float(each) for each in draw(st.lists(st.integers(0, 9), max_size=9))]
    after = [
        sorted(draw(st.sets(st.integers(0, index - 1), max_size=3))) if index else []
        for index in range(len(seconds))
    ]
    return seconds, after


def paths_to(index: int, after: list[list[int]]) -> Iterator[tuple[int, ...]]:
    """Every path that ends at a step and begins with one that waits for nothing."""
    if not after[index]:
        yield (index,)
    for each in after[index]:
        for path in paths_to(each, after):
            yield (*path, index)


@given(graphs())
def test_length_and_starts_are_those_of_the_longest_of_all_paths(graph: Graph) -> None:
    seconds, after = graph
    sums = [[sum(seconds[i] for i in path) for path in paths_to(end, after)] for end in range(len(seconds))]
    assert length(seconds, after) == max((max(each) for each in sums), default=0)
    assert earliest(seconds, after) == tuple(
        max(each) - took for each, took in zip(sums, seconds, strict=True)
    )


@given(graphs())
def test_the_critical_path_is_a_path_of_that_length(graph: Graph) -> None:
    seconds, after = graph
    path = critical_path(seconds, after)
    assert bool(path) is bool(seconds)
    if path:
        assert path in set(paths_to(path[-1], after))
        assert sum(seconds[i] for i in path) == length(seconds, after)


def test_two_chains_that_meet() -> None:
    seconds, after = [1, 20, 15, 2], [(), (0,), (0,), (1, 2)]
    assert earliest(seconds, after) == (0, 1, 1, 21)
    assert critical_path(seconds, after) == (0, 1, 3)
    assert length(seconds, after) == 23


def test_of_equal_paths_the_earlier_one_is_named() -> None:
    assert critical_path([3, 3, 1], [(), (), (0, 1)]) == (0, 2)


@pytest.mark.parametrize("waits", [[1], [2], [-1]])
def test_a_step_waits_for_earlier_ones_only(waits: list[int]) -> None:
    with pytest.raises(ValueError, match="step 1"):
        length([1, 1], [[], waits])
