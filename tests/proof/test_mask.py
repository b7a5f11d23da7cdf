"""Masking: what two runs of the same image do not agree on is left out, everything else counts."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.proof.mask import Mask

CASES = [
    # samples of before, text of after, does it fit
    (["hello\n"], "hello\n", True),
    (["hello\n"], "hello", False),
    (["hello\n", "hello\n"], "hallo\n", False),
    (["at 12:00:01\nok\n", "at 12:00:02\nok\n"], "at 12:31:09\nok\n", True),
    (["at 12:00:01\nok\n", "at 12:00:02\nok\n"], "at 12:31:09\nno\n", False),
    (["at 12:00:01\nok\n", "at 12:00:02\nok\n"], "on 12:31:09\nok\n", False),
    (["at 12:00:01\nok\n", "at 12:00:02\nok\n"], "at 12:00:01\nok\nmore\n", False),
    (["id=1 a=x", "id=2 a=x"], "id=3 a=x", True),
    (["id=1 a=x", "id=2 a=x"], "id=3 a=y", False),
    (["id=1 a=x", "id=2 a=x"], "id=3 a=x b=z", False),
    (['{"id": 17, "n": 3}', '{"id": 18, "n": 3}'], '{"id": 19, "n": 4}', False),
    (['{"id": 17, "n": 3}', '{"id": 18, "n": 3}'], '{"id": 19, "n": 3}', True),
    (["b\na\n", "a\nb\n"], "a\nb\n", True),
    (["b\na\n", "a\nb\n"], "a\nc\n", False),
    (["1\n", "1\n2\n"], "anything", True),
    (["a", "a\n"], "a", True),
]


@pytest.mark.parametrize(("samples", "after", "fits"), CASES)
def test_fits(samples: list[str], after: str, fits: bool) -> None:
    assert (Mask.of(samples).mismatch(after) is None) is fits


def test_how_much_was_masked() -> None:
    mask = Mask.of(["same\nat 1\nxyz\n", "same\nat 2\nabc def\n"])
    assert mask.masking == (4, 1, 1)
    assert not mask.masking.blind
    assert Mask.of(["a", "b c"]).masking.blind
    assert Mask.of(["1\n", "1\n2\n"]).masking.blind
    assert not Mask.of(["", ""]).masking.blind
    assert mask.masking + mask.masking == (8, 2, 2)


def test_the_mismatch_says_where() -> None:
    assert Mask.of(["a\nb\n"]).mismatch("a\nc\n") == "line 2: expected 'b', got 'c'"
    assert "got 3" in (Mask.of(["a\n"]).mismatch("a\n\n") or "")
    assert "'at ...'" in (Mask.of(["at 1", "at 2"]).mismatch("on 3") or "")
    assert len(Mask.of(["x" * 5000]).mismatch("y" * 5000) or "") < 400


def test_a_huge_text_is_compared_as_a_whole() -> None:
    lines = [str(n) for n in range(30_000)]
    same = "\n".join(lines)
    assert Mask.of([same, same]).mismatch(same) is None
    assert Mask.of([same, same]).mismatch(same + "x") is not None
    assert Mask.of([same, "x" + same]).masking.blind


texts = st.text(alphabet='ab1 \n"=:', max_size=40)


@given(st.lists(texts, min_size=1, max_size=4))
def test_every_sample_fits_its_own_mask(samples: list[str]) -> None:
    mask = Mask.of(samples)
    assert [mask.mismatch(sample) for sample in samples] == [None] * len(samples)


@given(texts, texts)
def test_without_a_difference_nothing_is_masked(text: str, other: str) -> None:
    mask = Mask.of([text, text])
    assert mask.masking[1:] == (0, 0)
    assert (mask.mismatch(other) is None) == (text == other)


@given(texts, texts, texts)
def test_more_samples_never_mask_less(one: str, two: str, three: str) -> None:
    if Mask.of([one, two]).mismatch(three) is None:
        assert Mask.of([one, two, three]).mismatch(three) is None
