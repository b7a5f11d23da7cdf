"""A moved ARG, ENV or LABEL leaves the image as it was: the variables in the end, and every word that is
expanded."""

from __future__ import annotations

from collections import Counter
from pathlib import Path

import pytest

from jettison.casefile import Case, read_cases
from jettison.check import check
from jettison.dockerfile import Dockerfile, parse
from jettison.dockerfile.scope import final, walk
from jettison.findings import Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule

CASES = [c for c in read_cases(Path(__file__).parent.parent / "cases" / "volatile-too-early.md") if c.good]
GIVEN = {"GIT_SHA": "4f2a", "BUILD_DATE": "today", "FLAVOUR": "plain"}
RULE = find_rule("volatile-too-early")
LEVELS = (Safety.SAFE, Safety.PROVEN)


def said(dockerfile: Dockerfile) -> list[Counter[tuple[str, str]]]:
    """Every instruction of every stage but ARG, as its words are expanded, in any order."""
    return [
        Counter(
            (instruction.keyword, scope.expand(word.text, instruction.escape).text)
            for instruction, scope in walk(dockerfile, stage, GIVEN)
            if instruction.keyword not in ("ARG", "RUN")
            for word in instruction.words
        )
        for stage in dockerfile.stages
    ]


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_every_variable_ends_as_before(case: Case) -> None:
    before, after = parse(case.bad or b""), parse(case.good or b"")
    assert said(before) == said(after)
    ends = [[final(each, stage, GIVEN) for stage in each.stages] for each in (before, after)]
    assert [scope.env for scope in ends[0]] == [scope.env for scope in ends[1]]
    assert [dict(scope.variables) for scope in ends[0]] == [dict(scope.variables) for scope in ends[1]]


@pytest.mark.parametrize(
    ("lines", "moved"),
    [
        ("ARG GIT_SHA\nRUN apt-get update\n", "RUN apt-get update\nARG GIT_SHA\n"),
        ("ARG GIT_SHA\r\nRUN true\r\nCMD x\r\n", "RUN true\r\nARG GIT_SHA\r\nCMD x\r\n"),
        ("ARG GIT_SHA=a BUILD_DATE=b\nRUN true", "RUN true\nARG GIT_SHA=a BUILD_DATE=b"),
        ("ARG GIT_SHA\nRUN go build -o /x .\n", "RUN go build -o /x .\nARG GIT_SHA\n"),
        ("ARG GIT_SHA\nRUN go run .\n", ""),
        ("ARG GIT_SHA\nRUN make\n", ""),
        ("ARG GIT_SHA\nRUN echo $GIT_SHA\nRUN true\n", ""),
        ("ARG GIT_SHA\nRUN echo $(./version)\n", ""),
        ("ARG GIT_SHA\nRUN pip install .\n", ""),
        ("ARG GIT_SHA\nARG VERSION=1-$GIT_SHA\nRUN true\n", ""),
        ("ARG GIT_SHA\nENV PATH=/opt/$GIT_SHA/bin:$PATH\nRUN true\n", ""),
    ],
)
def test_how_far_it_goes(lines: str, moved: str, tmp_path: Path) -> None:
    source = b"FROM debian:bookworm\n" + lines.encode()
    project = Project(source, root=tmp_path)
    result = rewrite(project, [RULE], levels=LEVELS)
    assert result.after.dockerfile.source == b"FROM debian:bookworm\n" + (moved or lines).encode()
    assert not moved or all(found.fix is None for found in check(result.after, [RULE]))
