"""The page as text: nothing gets out of its place, nothing is asked for, the numbers are right."""

from __future__ import annotations

import re
from collections.abc import Sequence
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.report.answers import HOSTILE, dockerfile, hostile, proved, record, rendered, replayed

from jettison.build import BuildRecord
from jettison.findings import Basis
from jettison.project import Project
from jettison.report import Answer
from jettison.report.html.annotated import annotated
from jettison.report.html.gantt import ticks
from jettison.report.html.history import thinned
from jettison.report.html.layers import bytes_by_line
from jettison.report.html.markup import esc
from jettison.report.html.plan import last_to_end, of_record, of_replay

VOID = {"meta", "link", "br", "line", "rect", "path"}


class Page(HTMLParser):
    """Elements with their attributes, rows of tables as texts; every element is closed in order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.rows: list[list[str]] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "tr":
            self.rows.append([])
        if tag in ("td", "th"):
            self.rows[-1].append("")

    def handle_endtag(self, tag: str) -> None:
        if tag not in VOID:
            assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if {"td", "th"} & set(self.open):
            self.rows[-1][-1] += data


ANSWERS = {
    "check": hostile(),
    "fix": hostile("fix"),
    "prove": proved(),
    "replay": replayed(40),
    "nothing": Answer("check", (Project(b"FROM scratch\n"),)),
    "empty": Answer("check", (Project(b""),)),
}


@pytest.mark.parametrize("name", ANSWERS)
def test_a_page_is_well_formed_and_needs_nothing_else(name: str) -> None:
    text = rendered(ANSWERS[name])
    text.encode("utf-8")
    page = Page(text)
    assert page.open == []
    assert not {"script", "img", "iframe", "object", "form", "base"} & {tag for tag, _ in page.elements}
    for tag, attributes in page.elements:
        assert not [each for each in attributes if each.startswith("on") or each in ("src", "style")], tag
        assert attributes.get("href", "data:,") == "data:,"
    style = text[text.index("<style>") : text.index("</style>")]
    assert "url(" not in style
    assert "@import" not in style
    assert "default-src 'none'" in str(page.elements)
    assert rendered(ANSWERS[name]) == text


def test_what_a_hostile_dockerfile_says_is_shown_as_it_stands() -> None:
    page = Page(rendered(hostile()))
    code = [row[1] for row in page.rows if row and row[0].isdigit()]
    first, second, third, fourth, last = code
    assert first == 'FROM debian AS "><img/src=x>'
    assert [second, third] == HOSTILE.decode("latin-1").split("\n")[1:3]
    assert fourth == "RUN printf '\\xff\\xfe\\x1b[31m\\u202e <b>&amp;'"
    assert last == "COPY </td></table><h1> /"
    (note,) = [row for row in page.rows if "made-up" in "".join(row)]
    assert "-5.0 MB, -2.5 s per rebuild, rule of thumb" in note[1]


@given(st.text(st.characters(codec=None)))
def test_escaped_text_is_utf8_without_markup(text: str) -> None:
    made = esc(text)
    made.encode("utf-8")
    assert not set("<>\"'\x00\x1b") & set(made)
    assert Page(f"<p title='{made}'>{made}</p>").open == []


def test_two_thousand_commits_stay_small_and_keep_their_peak() -> None:
    text = rendered(replayed(2000))
    assert len(text.encode()) < 300_000
    (row,) = [row for row in Page(text).rows if any(cell.endswith(", 760.0") for cell in row)]
    assert "to" in row[0]


@given(st.lists(st.floats(0, 1e6), min_size=1, max_size=400), st.integers(1, 20))
def test_thinning_keeps_the_highest_and_the_lowest(values: list[float], buckets: int) -> None:
    kept = thinned(values, buckets)
    assert len(kept) <= max(2 * buckets, 1)
    assert max(value for _, value in kept) == max(values)
    assert min(value for _, value in kept) == min(values)
    assert [place for place, _ in kept] == sorted({place for place, _ in kept})
    assert all(values[place] == value for place, value in kept)


@given(st.floats(0.001, 1e6))
def test_ticks_are_few_and_reach_the_end(longest: float) -> None:
    marks = ticks(longest)
    assert 2 <= len(marks) <= 7
    assert marks[0] == 0
    assert marks[-1] >= longest * 0.999
    assert marks[-2] < longest


@pytest.mark.parametrize(
    ("ends", "after", "path"),
    [
        ([], [], set()),
        ([1, 5, 3, 6], [(), (), (0,), (1, 2)], {1, 3}),
        ([1, 2, 3, 4, 9], [(), (0,), (0,), (1, 2), ()], {4}),
        ([1, 2, 3, 4], [(), (0,), (0,), (1, 2)], {0, 2, 3}),
    ],
)
def test_the_steps_that_decided_when_a_build_ended(
    ends: Sequence[float], after: Sequence[Sequence[int]], path: set[int]
) -> None:
    assert last_to_end(ends, after) == path


def test_the_plan_of_a_record_has_its_own_times() -> None:
    plan = of_record(record("cold"))
    assert plan.basis == "measured"
    marked = [(bar.stage, bar.lines[0]) for bar in plan.bars if bar.critical]
    builder = [("builder", 3), ("builder", 4), ("builder", 5)]
    assert marked == [*builder, ("stage-1", 11), ("stage-1", 11), ("stage-1", 12)]
    assert [bar.cached for bar in plan.bars] == [True, *[False] * 6]
    assert plan.seconds == pytest.approx(1.018, abs=0.001)
    assert plan.rest > 0.2


def test_the_plan_of_a_replay_waits_for_what_it_needs() -> None:
    replay = replayed(10).replays[0]
    cold = of_replay(replay, "none")
    assert cold.seconds == pytest.approx(0.1 + 40 + 80 + 0.1)
    assert [bar.spans[0] for bar in cold.bars[1:3]] == [pytest.approx((0.0, 0.1)), pytest.approx((0.1, 40.1))]
    warm = of_replay(replay, "local")
    assert warm.seconds == pytest.approx(0.05 + 40 + 0.05), (
        "npm ci is cached, the rest takes its warm seconds"
    )
    assert [bar.cached for bar in warm.bars] == [True, False, True, False, True, False]
    assert [bar.text for bar in warm.bars if bar.critical] == [
        "COPY . .",
        "RUN npm run build",
        "COPY --from=build / /",
    ]
    assert "measured, rule of thumb" in warm.basis or "rule of thumb, measured" in warm.basis


def test_lines_have_seconds_hit_rate_and_bytes() -> None:
    page = Page(annotated("x", Project(b"FROM a\nCOPY . .\nRUN npm ci\n"), (), None, replayed(10).replays[0]))
    assert page.rows[0] == ["line", "Dockerfile", "takes", "cached", "to pull"]
    assert page.rows[1] == ["1", "FROM a", "-", "100 % max 100 %, min 100 %", ""]
    assert page.rows[3] == [
        "3",
        "RUN npm ci",
        "40 s measured, 20 s with filled cache mounts",
        "90 % max 90 %, min 90 %",
        "12 MB measured",
    ]


def test_a_record_goes_before_the_model() -> None:
    replay = replayed(10).replays[0]
    page = Page(annotated("x", Project(dockerfile()), (), record("cold"), replay))
    (run,) = [row for row in page.rows if row[0] == "5"]
    assert run[2] == "0.4 s measured"
    (copy,) = [row for row in page.rows if row[0] == "11"]
    assert copy[4] == "107 B measured", "two steps of one line: COPY --link and its LINK"
    assert replay.steps[4].basis is Basis.RULE_OF_THUMB


LAYERS = [
    ("base", 60),
    ("base", 40),
    ("COPY /src/b.txt / # buildkit", 7),
    ("RUN /bin/sh -c set -e # buildkit", 0),
]


@pytest.mark.parametrize(
    ("layers", "lines"),
    [
        (LAYERS, {11: 7, 12: 0}),
        (LAYERS[2:], {11: 7, 12: 0}),
        (LAYERS[3:], {}),
        ([*LAYERS[:2], LAYERS[3], LAYERS[2]], {}),
        ([], {}),
    ],
)
def test_layers_are_found_again_on_their_lines(layers: list[tuple[str, int]], lines: dict[int, int]) -> None:
    assert bytes_by_line(record("cold"), layers) == lines


def test_a_from_has_the_bytes_of_its_base_image() -> None:
    steps = [step for step in record("cold").steps if step.stage == "builder"]
    made = [("base", 60), ("base", 40), ("WORKDIR /src", 1), ("COPY a.txt .", 2), ("RUN echo", 3)]
    found = bytes_by_line(BuildRecord(True, 1.0, tuple(steps)), made)
    assert found == {1: 100, 3: 1, 4: 2, 5: 3}
    page = Page(annotated("x", Project(dockerfile()), (), record("cold"), disk=found))
    assert page.rows[0] == ["line", "Dockerfile", "takes", "on disk"]
    assert [row[3] for row in page.rows if row[0] == "1"] == ["100 B measured"]


def test_a_proof_shows_both_builds_of_both_scenarios_its_table_and_verdict() -> None:
    text = rendered(proved())
    for said in ("Cold build", "Rebuild after a code edit", "before: 1.0 s", "after: 0.1 s", "Proved"):
        assert said in text, said
    rows = {row[0]: row[1:] for row in Page(text).rows if row}
    assert rows["image on disk"] == ["1,864 MB", "8.7 MB", "214x smaller"]
    assert rows["rebuild after a dependency edit"] == ["not measured: no dependency manifest is known"]
    assert re.search(r"<h3>image on disk</h3><p class=\"gain\">214x less</p>", text)
