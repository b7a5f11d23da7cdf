"""Finding the guilty changes, with as few tries as possible."""

from __future__ import annotations

from itertools import pairwise
from math import ceil, log2

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.proof.bisect import bisect


class Tries:
    """A build that fails when it holds all of one of these sets."""

    def __init__(self, *bad: str) -> None:
        self.bad = [set(each) for each in bad]
        self.made: list[str] = []

    def __call__(self, ids: tuple[str, ...]) -> str:
        self.made.append("".join(ids))
        found = [each for each in self.bad if each <= set(ids)]
        return f"{''.join(sorted(found[0]))} broke it" if found else ""


def test_nothing_fails() -> None:
    tries = Tries()
    assert bisect("abcd", tries) == (("a", "b", "c", "d"), {})
    assert tries.made == ["abcd"]


def test_no_changes() -> None:
    tries = Tries()
    assert bisect("", tries) == ((), {})
    assert tries.made == []


@pytest.mark.parametrize("guilty", "abcdefgh")
def test_one_guilty_change(guilty: str) -> None:
    tries = Tries(guilty)
    outcome = bisect("abcdefgh", tries)
    assert outcome == (tuple("abcdefgh".replace(guilty, "")), {guilty: f"{guilty} broke it"})
    assert len(tries.made) <= 2 * ceil(log2(8)) + 1


def test_changes_that_only_fail_together() -> None:
    assert bisect("abcd", Tries("bd")) == (("a", "b", "c"), {"d": "bd broke it"})
    assert bisect("ab", Tries("ab")) == (("a",), {"b": "ab broke it"})


def test_all_are_guilty() -> None:
    outcome = bisect("abc", Tries("a", "b", "c"))
    assert outcome.kept == ()
    assert list(outcome.dropped) == ["a", "b", "c"]


def test_the_second_half_is_not_tried_again_when_the_first_holds() -> None:
    tries = Tries("b")
    bisect("ab", tries)
    assert tries.made == ["ab", "a"]


sets = st.lists(st.sets(st.sampled_from("abcdefghij"), min_size=1, max_size=3).map("".join), max_size=4)


@given(sets)
def test_what_is_kept_holds_and_was_tried(bad: list[str]) -> None:
    tries = Tries(*bad)
    outcome = bisect("abcdefghij", tries)
    assert not tries(outcome.kept)
    assert outcome.kept == () or "".join(outcome.kept) in tries.made[:-1]
    assert sorted((*outcome.kept, *outcome.dropped)) == list("abcdefghij")
    assert all(a < b for a, b in pairwise(outcome.kept))
    assert len(set(tries.made[:-1])) == len(tries.made[:-1])


@given(sets)
def test_no_dropped_change_could_have_stayed(bad: list[str]) -> None:
    tries = Tries(*bad)
    outcome = bisect("abcdefghij", tries)
    assert all(tries((*outcome.kept, id)) for id in outcome.dropped)
