from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.build.lines import locator

TWO = b"""FROM golang AS Build
WORKDIR /src
ENV A=1
COPY go.mod \\
  go.sum ./
RUN <<EOF
go build
EOF
FROM build
COPY x /
FROM scratch AS last
ARG X
ADD y /
CMD ["x"]
"""


@pytest.mark.parametrize(
    ("name", "lines"),
    [
        ("[build 1/4] FROM docker.io/library/golang", (1,)),
        ("[build 2/4] WORKDIR /src", (2,)),
        ("[build 3/4] COPY go.mod go.sum ./", (4, 5)),
        ("[linux/amd64 build 4/4] RUN <<EOF (go build)", (6, 7, 8)),
        ("[stage-1 1/1] COPY x /", (10,)),
        ("[last 1/1] ADD y /", (13,)),
        ("[last 1/1] LINK ADD y /", (13,)),
        ("[last  1/1] ADD y /", (13,)),
        ("[ 1/1] ADD y /", ()),
        # triggers of a base image's ONBUILD shift the numbers, so nothing is certain
        ("[build 3/6] WORKDIR /src", ()),
        ("[build 2/4] RUN make", ()),
        ("[nowhere 1/1] COPY x /", ()),
        ("[build 9/4] COPY x /", ()),
        ("[internal] load build context", ()),
        ("", ()),
    ],
)
def test_a_step_is_found_by_its_number(name, lines):
    assert locator(TWO)(name) == lines


def test_the_only_stage_has_no_name():
    assert locator(b"FROM a\nRUN b\n")("[2/2] RUN b") == (2,)
    assert locator(b"FROM a\nRUN b\nFROM c\n")("[2/2] RUN b") == ()


def test_recorded_builds_agree_with_the_builders_own_lines(replay, records):
    from jettison.build.metadata import read_metadata

    told = read_metadata(records / "cold.metadata.json").lines
    ours = locator((records / "two.Dockerfile").read_bytes())
    checked = 0
    for vertex in replay("cold").vertexes.values():
        if vertex.digest in told and vertex.keyword != "FROM":
            assert ours(vertex.name) == told[vertex.digest], vertex.name
            checked += 1
    assert checked == 6


@given(st.binary(max_size=200), st.text(max_size=40))
def test_no_dockerfile_and_no_name_make_it_fail(source, name):
    assert isinstance(locator(source)(name), tuple)
