"""Stages: names, bases, what needs what."""

from __future__ import annotations

import pytest

from jettison.dockerfile import Stage, parse
from jettison.errors import UsageError

SOURCE = b"""\
ARG BASE=build
ARG TAG
FROM --platform=$BUILDPLATFORM golang:1.22 AS Build
RUN a
FROM ${BASE} as test
RUN b
FROM scratch
COPY --from=BUILD /a /b
COPY --from=other:1 /a /b
RUN --mount=type=bind,from=test,target=/t c
FROM alpine AS unused
FROM unused AS last
COPY --from=2 /x /y
COPY --from=9 /x /y
"""


def test_stages() -> None:
    parsed = parse(SOURCE)
    assert [(s.index, s.name, s.base, s.base_stage, s.platform) for s in parsed.stages] == [
        (0, "build", "golang:1.22", None, "$BUILDPLATFORM"),
        (1, "test", "${BASE}", 0, None),
        (2, None, "scratch", None, None),
        (3, "unused", "alpine", None, None),
        (4, "last", "unused", 3, None),
    ]
    assert [i.keyword for i in parsed.global_args] == ["ARG", "ARG"]
    assert [i.start_line for i in parsed.stages[2].instructions] == [8, 9, 10]


@pytest.mark.parametrize(
    ("name", "needed"), [(None, [0, 1, 2, 3, 4]), ("build", [0]), ("TEST", [0, 1]), ("2", [0, 1, 2])]
)
def test_lineage(name: str | None, needed: list[int]) -> None:
    parsed = parse(SOURCE)
    assert [stage.index for stage in parsed.lineage(parsed.target(name))] == needed


def test_stage_of() -> None:
    parsed = parse(SOURCE)
    found = [parsed.stage_of(i) for i in parsed.instructions]
    assert [stage.index if stage else None for stage in found] == [
        None,
        None,
        0,
        0,
        1,
        1,
        2,
        2,
        2,
        2,
        3,
        4,
        4,
        4,
    ]


def test_an_unknown_target_is_an_error_that_names_the_stages() -> None:
    with pytest.raises(UsageError) as error:
        parse(SOURCE).target("nope")
    assert "nope" in error.value.message
    assert "build, test, 2, unused, last" in error.value.hint
    with pytest.raises(UsageError):
        parse(b"RUN a").target()


@pytest.mark.parametrize(
    ("source", "base_stages"),
    [
        (b"FROM a AS x\nFROM x AS x\nFROM x", [None, 0, 1]),
        (b"FROM a AS x\nFROM X", [None, None]),
        (b"FROM x\nFROM a AS x", [None, None]),
        (b"FROM a AS\nFROM as", [None, None]),
        (b"FROM\nFROM a b", [None, None]),
        (b"FROM a AS x\nFROM 0", [None, None]),
    ],
)
def test_bases(source: bytes, base_stages: list[int | None]) -> None:
    assert [stage.base_stage for stage in parse(source).stages] == base_stages


def test_onbuild_counts_for_the_stage_that_is_built_on_it() -> None:
    parsed = parse(b"FROM a AS tool\nFROM b AS base\nONBUILD COPY --from=tool /t /t\nFROM base\nRUN x")
    assert names(parsed.lineage(parsed.target("base"))) == ["base"]
    assert names(parsed.lineage(parsed.target())) == ["tool", "base", None]


def test_a_stage_does_not_need_itself_or_later_ones() -> None:
    parsed = parse(b"FROM a AS x\nCOPY --from=x /a /b\nCOPY --from=y /a /b\nCOPY --from=1 /a /b\nFROM b AS y")
    assert names(parsed.lineage(parsed.stages[0])) == ["x"]


def names(stages: tuple[Stage, ...]) -> list[str | None]:
    return [stage.name for stage in stages]


def test_below_and_above() -> None:
    parsed = parse(b"FROM x AS a\nFROM a AS b\nFROM y AS c\nCOPY --from=b / /\nFROM b\nFROM a\n")
    a, b, c, d, e = parsed.stages
    assert parsed.below(a) == (a, b, d, e)
    assert parsed.below(c) == (c,)
    assert parsed.above(d) == (a, b, d)
    assert parsed.above(c) == (c,)
