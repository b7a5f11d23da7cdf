"""Instructions in another order: nothing is lost, nothing else changes, and no more moves than has to."""

from __future__ import annotations

from itertools import combinations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.dockerfile import Dockerfile, parse
from jettison.rules.moving import arranged, groups, move, movers
from jettison.spans import apply

LINES = (
    "COPY a /a",
    "# why b\nCOPY b /b",
    "RUN one \\\n    # in it\n    two",
    "RUN <<EOF\nthree\nEOF",
    "\nENV A=1",
    "\n# a block\n# of its own\nCOPY c /c\n",
    "EXPOSE 80",
)


def moved(source: bytes, order: list[int]) -> bytes:
    instructions = parse(source).stages[0].instructions
    lines = [each.end_line - each.start_line + 1 for each in instructions]
    found = groups(order, movers(order, lines))
    assert arranged(len(order), found) == order
    return apply(source, move(instructions, found))


def said(dockerfile: Dockerfile) -> list[str]:
    return [dockerfile.text(each.span) for each in dockerfile.stages[0].instructions]


@given(
    st.permutations(range(len(LINES))),
    st.permutations(range(len(LINES))),
    st.sampled_from(("\n", "\r\n")),
    st.booleans(),
)
def test_every_order_can_be_had(start: list[int], order: list[int], newline: str, final: bool) -> None:
    text = "\n".join(("FROM x", *(LINES[number] for number in start))).rstrip("\n") + "\n" * final
    source = text.replace("\n", newline).encode()
    after = moved(source, order)
    before = said(parse(source))
    assert said(parse(after)) == [before[number] for number in order]
    assert not parse(after).errors

    def filled(data: bytes) -> list[bytes]:
        return sorted(line.strip() for line in data.split(b"\n") if line.strip())

    assert filled(after) == filled(source)
    assert newline == "\n" or after.count(b"\n") == after.count(b"\r\n")


@given(st.permutations(range(7)), st.lists(st.integers(1, 9), min_size=7, max_size=7))
def test_as_few_move_as_can_be(order: list[int], lines: list[int]) -> None:
    found = movers(order, lines)
    stay = [number for number in order if number not in found]
    assert stay == sorted(stay)
    fewest = min(
        (len(some), sum(lines[number] for number in some))
        for size in range(8)
        for some in combinations(range(7), size)
        if (rest := [number for number in order if number not in some]) == sorted(rest)
    )
    assert (len(found), sum(lines[number] for number in found)) == fewest


@pytest.mark.parametrize(
    ("before", "order", "after"),
    [
        ("COPY a .\nRUN x\n", [1, 0], "RUN x\nCOPY a .\n"),
        ("COPY a .\nRUN x", [1, 0], "RUN x\nCOPY a ."),
        ("# a\nCOPY a .\n\n# x\nRUN x\nCMD y\n", [1, 0, 2], "\n# x\nRUN x\n# a\nCOPY a .\nCMD y\n"),
        ("ENV A=1\n\n# a\nCOPY a .\n\nRUN x\n", [0, 2, 1], "ENV A=1\n\nRUN x\n\n# a\nCOPY a .\n"),
        ("COPY a .\nCOPY b .\nRUN x\nRUN y\n", [2, 0, 1, 3], "RUN x\nCOPY a .\nCOPY b .\nRUN y\n"),
        ("COPY a .\nCOPY b .\nRUN x\nRUN y\n", [2, 3, 0, 1], "RUN x\nRUN y\nCOPY a .\nCOPY b .\n"),
    ],
)
def test_the_layout_is_kept(before: str, order: list[int], after: str) -> None:
    assert moved(b"FROM z\n" + before.encode(), order) == b"FROM z\n" + after.encode()
