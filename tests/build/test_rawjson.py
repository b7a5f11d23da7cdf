from __future__ import annotations

import base64
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.build.rawjson import STEP, Event, Recording


def feed(*statuses: object) -> Recording:
    recording = Recording()
    for status in statuses:
        recording.feed(status if isinstance(status, bytes) else json.dumps(status).encode() + b"\n")
    return recording


def steps(recording: Recording) -> dict[str, bool]:
    return {
        v.name.partition("] ")[2][:30]: v.cached for v in recording.vertexes.values() if v.stage is not None
    }


def test_a_cold_build_of_two_stages(replay):
    recording = replay("cold")
    assert steps(recording) == {
        "WORKDIR /src": False,
        "FROM docker.io/library/debian:": True,
        "RUN <<EOF (set -e...)": False,
        "LINK COPY --link --from=builde": False,
        "COPY --link --from=builder /sr": False,
        'RUN echo "hello" &&     cat a.': False,
        "COPY a.txt .": False,
    }
    (run,) = [v for v in recording.vertexes.values() if "RUN echo" in v.name]
    assert (run.stage, run.keyword) == ("builder", "RUN")
    assert 0.3 < run.seconds < 1
    assert list(run.log) == ["hello"]
    assert 26 <= recording.context_bytes <= 100
    assert recording.pulled_bytes == 0
    assert 0.1 < recording.overhead < 2
    assert [w.partition(":")[0] for w in recording.warnings] == [
        "MaintainerDeprecated",
        "JSONArgsRecommended",
    ]
    assert not recording.text


def test_output_that_comes_in_pieces_is_joined_to_lines(replay):
    (run,) = [v for v in replay("cold").vertexes.values() if "RUN <<EOF" in v.name]
    assert list(run.log) == ["half a line, and the rest"]


def test_a_warm_build_is_cached_all_over(replay):
    recording = replay("cached")
    assert all(cached for name, cached in steps(recording).items() if not name.startswith("FROM"))


def test_a_build_from_a_registry_cache_tells_what_was_downloaded(replay):
    recording = replay("imported")
    assert recording.pulled_bytes == 107
    (pulled,) = [v for v in recording.vertexes.values() if v.pulled]
    assert pulled.cached
    assert pulled.seconds > 0.1


def test_a_failed_build_keeps_the_builders_own_message(replay):
    recording = replay("failing")
    failed = {v.name.partition("] ")[2][:9]: v.error for v in recording.vertexes.values() if v.error}
    assert set(failed) == {"RUN sleep", "RUN echo "}
    assert "context canceled" in failed["RUN sleep"]
    assert failed["RUN echo "].endswith("did not complete successfully: exit code: 3")
    assert recording.text[-1].startswith("ERROR: failed to build: failed to solve: process")
    assert any(line.startswith("   5 | >>> RUN echo first") for line in recording.text)


def test_intervals_of_a_step_that_is_asked_twice_add_up():
    name = {"digest": "a", "name": "[1/2] RUN x"}
    at = "2026-11-23T06:49:{}Z"
    recording = feed(
        {"vertexes": [name | {"started": at.format("10.0"), "completed": at.format("10.5")}]},
        {"vertexes": [name | {"started": at.format("20.000000001")}]},
        {"vertexes": [name | {"started": at.format("20.000000001"), "completed": at.format("22.123456789")}]},
        {"vertexes": [name | {"started": at.format("20.000000001"), "completed": at.format("22.123456789")}]},
    )
    assert recording.vertexes["a"].seconds == pytest.approx(2.623456, abs=1e-5)


@pytest.mark.parametrize(
    ("name", "stage"),
    [
        ("[1/2] FROM scratch", ""),
        ("[builder 2/5] RUN make", "builder"),
        ("[builder  2/15] RUN make", "builder"),
        ("[ 2/15] RUN make", ""),
        ("[linux/amd64 builder 12/15] RUN make", "builder"),
        ("[linux/arm/v7 2/5] RUN make", ""),
        ("[stage-1 2/3] LINK COPY --link a /", "stage-1"),
        ("[internal] load build context", None),
        ("[auth] library/debian:pull token", None),
        ("exporting to image", None),
        ("", None),
    ],
)
def test_the_name_tells_steps_from_internal_work(name, stage):
    match = STEP.match(name)
    assert (match and (match[1] or "")) == stage


def test_events_tell_the_story_in_order(replay):
    events: list[Event] = []
    replay("failing", on_event=events.append)
    story = [event.kind for event in events if event.step.startswith("[stage-1 3/4]")]
    assert story == ["started", "log", "log", "failed"]
    cached: list[Event] = []
    replay("cached", on_event=cached.append)
    assert sum(event.kind == "cached" for event in cached) == 6


def test_carriage_returns_of_progress_bars_leave_the_last_state():
    data = base64.b64encode(b"10%\r50%\r100%\ndone\r\nrest").decode()
    recording = feed({"logs": [{"vertex": "a", "data": data}]})
    assert list(recording.vertexes["a"].log) == ["100%", "done"]
    assert recording.vertexes["a"].partial == "rest"


def test_a_flood_of_output_is_kept_short():
    recording = feed({"logs": [{"vertex": "a", "data": base64.b64encode(b"x" * 10_000_000).decode()}]})
    assert len(recording.vertexes["a"].partial) == 4096
    recording = feed({"logs": [{"vertex": "a", "data": base64.b64encode(b"x\n" * 10_000).decode()}]})
    assert len(recording.vertexes["a"].log) == 40


def test_what_is_no_json_is_kept_as_text():
    recording = feed(b"WARNING: something\n", b"{ not json\n", b"[1]\n", b"\xff\n")
    assert list(recording.text) == ["WARNING: something", "{ not json", "[1]", "�"]


KEYS = [
    *("vertexes", "statuses", "logs", "warnings", "digest", "name", "started", "completed"),
    *("data", "vertex", "id", "current", "error", "cached", "short"),
]
LEAF = st.none() | st.booleans() | st.integers() | st.text(max_size=8)
TREE = st.recursive(
    LEAF,
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(KEYS),
            inner,
            max_size=5,
        )
    ),
    max_leaves=12,
)


@given(st.lists(TREE.map(lambda tree: json.dumps(tree).encode()) | st.binary(max_size=40), max_size=8))
def test_no_stream_whatever_makes_it_fail(lines):
    recording = feed(*(line + b"\n" for line in lines))
    assert recording.overhead >= 0
    assert recording.context_bytes >= 0
    assert recording.pulled_bytes >= 0
    for vertex in recording.vertexes.values():
        assert vertex.seconds >= 0
        assert isinstance(vertex.keyword, str)
