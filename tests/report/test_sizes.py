"""Bytes and seconds as people read them."""

from __future__ import annotations

import pytest

from jettison.findings import Basis, Saving
from jettison.report.sizes import duration, factor, saving, size, total


@pytest.mark.parametrize(
    ("count", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (3_440, "3.4 kB"),
        (999_499, "999 kB"),
        (999_600, "1.0 MB"),
        (4_600_000, "4.6 MB"),
        (12_345_678, "12 MB"),
        (854_000_000, "854 MB"),
        (1_240_000_000, "1.24 GB"),
        (43_210_000_000, "43.21 GB"),
        (-12_000_000, "-12 MB"),
    ],
)
def test_size(count: int, text: str) -> None:
    assert size(count) == text


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0 s"),
        (0.042, "0.04 s"),
        (0.81, "0.8 s"),
        (9.96, "10 s"),
        (41.2, "41 s"),
        (59.6, "1 min"),
        (125, "2 min 5 s"),
        (3600, "1 h"),
        (4200, "1 h 10 min"),
        (-41, "-41 s"),
    ],
)
def test_duration(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (Saving(), ""),
        (Saving(12_000_000), "-12 MB, rule of thumb"),
        (Saving(0, 41.0, Basis.MODELLED), "-41 s per rebuild, modelled"),
        (Saving(12_000_000, 90, Basis.MEASURED), "-12 MB, -1 min 30 s per rebuild, measured"),
        (Saving(-2_000_000), "+2.0 MB, rule of thumb"),
    ],
)
def test_saving_always_says_its_basis(value: Saving, text: str) -> None:
    assert saving(value) == text


def test_a_sum_rests_on_the_weakest_basis() -> None:
    parts = [Saving(5, 1, Basis.MEASURED), Saving(7, 0, Basis.MODELLED), Saving(0, 0, Basis.RULE_OF_THUMB)]
    assert total(parts) == Saving(12, 1, Basis.MODELLED)


@pytest.mark.parametrize(
    ("before", "after", "text"),
    [
        (920, 10, "92x"),
        (34, 10, "3.4x"),
        (10, 12, "1.2x more"),
        (100, 101, "same"),
        (104, 100, "1.04x"),
        (5, 0, ""),
    ],
)
def test_factor(before: float, after: float, text: str) -> None:
    assert factor(before, after) == text
