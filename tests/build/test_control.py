"""What a builder tells of its builds, over gRPC, from a builder that answers what was written beforehand."""

from __future__ import annotations

import time

import pytest
from tests.builder import OK, answer, event, fake_docker, frame, vertex

from jettison.build.control import Control
from jettison.build.wire import bytes_field
from jettison.errors import CannotRun


@pytest.fixture
def control(tmp_path):
    """A function from answers to a connection."""

    def connect(answers: bytes, timeout: float = 20.0) -> Control:
        return Control(str(fake_docker(tmp_path, answers)), ["--builder=b"], timeout)

    return connect


def test_the_newest_build_comes_first_and_one_that_runs_not_at_all(control, tmp_path):
    attributes = {"filename": "Dockerfile", "build-arg:V": "1"}
    events = (
        event("one", 100, 110, attributes, provenance="sha256:p"),
        event("two", 200, 201, {}, error="exit code: 1"),
        event("now", 300, 0, {}),
    )
    with control(answer(0, *events)) as builder:
        two, one = builder.builds()
    assert (one.ref, one.attributes, one.provenance, one.error) == ("one", attributes, "sha256:p", "")
    assert (one.created, one.completed) == (
        "1970-01-01T00:01:40.000000000Z",
        "1970-01-01T00:01:50.000000000Z",
    )
    assert (two.ref, two.error, two.provenance) == ("two", "exit code: 1", "")
    assert "buildx dial-stdio --builder=b" in (tmp_path / "calls").read_text()


def test_a_list_names_no_build_and_sets_no_limit(control, tmp_path):
    """Either would harm an engine with BuildKit before 0.29: moby/buildkit #6614."""
    with control(answer(0)) as builder:
        assert builder.builds() == ()
    asked = (tmp_path / "asked").read_bytes()
    request = asked[asked.index(b"/moby.buildkit.v1.Control/ListenBuildHistory") :]
    early_exit = b"\x18\x01"
    assert frame(0, 1, 3, b"\0\0\0\0\x02" + early_exit) in request


def test_progress_is_that_of_rawjson(control):
    steps = (
        vertex("sha256:a", "[1/2] FROM x", 10, 11, cached=True),
        vertex("sha256:b", "[2/2] RUN y", 11, 13, ("sha256:a",)),
    )
    with control(answer(0, *steps)) as builder:
        first, second = builder.progress("ref").vertexes.values()
    assert (first.name, first.cached, first.seconds) == ("[1/2] FROM x", True, 1.5)
    assert (second.inputs, second.seconds, [*second.log]) == (("sha256:a",), 2.5, ["a secret line"])
    assert second.sent == 12


def test_several_calls_one_after_another(control):
    blob = (bytes_field(2, b"one "), bytes_field(2, b"two"))
    with control(answer(0, event("r", 1, 2, {})) + answer(1, *blob) + answer(2)) as builder:
        assert [build.ref for build in builder.builds()] == ["r"]
        assert builder.blob("sha256:x") == b"one two"
        assert builder.progress("r").vertexes == {}


@pytest.mark.parametrize(
    "answers",
    [
        b"",
        frame(0, 0, 3, b"\0\0\0"),
        answer(0, trailer=OK[:-1] + b"5"),
        frame(1, 5, 3, b"\x88"),
        frame(3, 0, 3, b"\0\0\0\0"),
        frame(7, 0, 0, b"\0" * 8),
        answer(0, b"\x0a\xff"),
        answer(0, b"\x12\x02\x0a\xff"),
        b"\1" * 8,
        frame(0, 0, 3, b"\1\0\0\0\0"),
    ],
)
def test_whatever_else_a_builder_says_is_an_error_with_words(control, answers):
    with control(answers) as builder, pytest.raises(CannotRun, match=r"builder"):
        builder.builds()


def test_an_answer_without_end_is_cut_off(control, monkeypatch):
    monkeypatch.setattr("jettison.build.grpc.LARGEST", 100)
    with (
        control(answer(0, b"\x12" + bytes((100,)) + b" " * 100)) as builder,
        pytest.raises(CannotRun, match="larger"),
    ):
        builder.builds()


def test_a_builder_that_says_nothing_is_not_waited_for(tmp_path):
    silent = tmp_path / "docker"
    silent.write_text("#!/bin/sh\nexec sleep 60\n")
    silent.chmod(0o755)
    start = time.monotonic()
    with pytest.raises(CannotRun, match="broke the connection off"), Control(str(silent), timeout=0.3):
        pass
    assert time.monotonic() - start < 10


def test_no_command_at_all(tmp_path):
    with pytest.raises(OSError):
        Control(str(tmp_path / "nothing"))


@pytest.mark.parametrize(
    ("version", "is_old"), [("v0.12.5", True), ("v0.13.0", False), ("v0.0.0+unknown", False)]
)
def test_a_builder_that_a_list_would_bring_down_is_not_asked(tmp_path, version, is_old):
    docker = str(fake_docker(tmp_path, answer(0), version=version))
    if is_old:
        with pytest.raises(CannotRun, match="does not stand being asked"), Control(docker):
            pass
        assert b"ListenBuildHistory" not in (tmp_path / "asked").read_bytes()
    else:
        with Control(docker) as builder:
            assert builder.builds() == ()
