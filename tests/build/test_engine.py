from __future__ import annotations

import json
from pathlib import Path

import pytest

from jettison.build import engine as module
from jettison.build.engine import Engine
from jettison.build.request import BuildRequest
from jettison.errors import CannotRun

INFO = {"ServerVersion": "28.5.2", "ID": "one", "OSType": "linux", "DriverStatus": [["driver-type", "x"]]}


@pytest.fixture
def docker(tmp_path, monkeypatch):
    """A function that puts a docker command in place: a shell script of case branches."""

    def install(cases: str) -> Path:
        path = tmp_path / "docker"
        path.write_text(f'#!/bin/sh\necho "$*" >> {tmp_path}/calls\ncase "$*" in\n{cases}\nesac\n')
        path.chmod(0o755)
        monkeypatch.setattr(module, "which", lambda name: str(path))
        return path

    return install


def info(found: dict[str, object]) -> str:
    return f"info*) echo '{json.dumps(found)}';;"


GOOD = f"""{info(INFO)}
"buildx version") echo "github.com/docker/buildx v0.29.1";;
"context show") echo here;;
"buildx inspect here") ;;"""


def test_the_engine_is_found(docker):
    docker(GOOD)
    engine = Engine.find()
    assert (engine.version, engine.id, engine.builder, engine.on) == (
        "28.5.2",
        "one",
        "here",
        ["--builder=here"],
    )
    assert engine.buildx.endswith("v0.29.1")
    assert not engine.features.containerd_store
    assert not engine.features.cache_export


def test_a_builder_that_does_not_have_the_contexts_name_is_left_to_buildx(docker):
    docker(GOOD.replace('"buildx inspect here") ;;', '"buildx inspect here") exit 1;;'))
    assert Engine.find().on == []


def test_the_containerd_store_is_told_by_the_engine(docker):
    store = INFO | {"DriverStatus": [["driver-type", "io.containerd.snapshotter.v1"]]}
    docker(GOOD.replace(info(INFO), info(store)))
    assert Engine.find().features == (True, True)


DOWN = {"ServerErrors": ["Cannot connect to the Docker daemon at unix:///x. Is the docker daemon running?"]}
DENIED = {"ServerErrors": ["permission denied while trying to connect to the Docker daemon socket"]}


@pytest.mark.parametrize(
    ("cases", "message", "hint"),
    [
        (info(DOWN), "does not answer: Cannot connect to the Docker daemon at unix:///x", "DOCKER_HOST"),
        (
            f"info*) echo '{json.dumps(DOWN)}'; exit 1;;",
            "does not answer: Cannot connect",
            "systemctl start docker",
        ),
        ("info*) echo 'Cannot connect' >&2; exit 1;;", "does not answer: Cannot connect", "start it"),
        ("info*) echo 'no json';;", "does not answer", "start it"),
        (info(DENIED), "no permission to talk to the Docker engine", "group docker"),
        (info(INFO) + "\n*) exit 1;;", "docker has no buildx plugin", "docker-buildx"),
        (GOOD.replace('"linux"', '"windows"'), "runs Windows containers", "Linux containers"),
    ],
    ids=["down", "down, code 1", "down, no json", "garbage", "denied", "no buildx", "windows"],
)
def test_what_is_missing_is_said_with_what_to_do(docker, cases, message, hint):
    docker(cases)
    with pytest.raises(CannotRun) as caught:
        Engine.find()
    assert message in caught.value.message
    assert hint in caught.value.hint
    assert caught.value.exit_code == 2


def test_no_docker_at_all(monkeypatch):
    monkeypatch.setattr(module, "which", lambda name: None)
    with pytest.raises(CannotRun, match="docker is not installed"):
        Engine.find()


BUILD = (
    GOOD
    + """
buildx\\ build*) echo '{"vertexes":[{"digest":"a","name":"[2/2] RUN x","started":"2026-01-01T00:00Z"}]}' >&2
    exec SLEEP;;"""
)


def test_a_build_that_takes_too_long_is_a_failed_record(docker, tmp_path):
    docker(BUILD.replace("SLEEP", "sleep 60"))
    record = Engine.find().build(BuildRequest(tmp_path, b"FROM a\nRUN x\n", timeout=0.5))
    assert not record.ok
    assert record.error.startswith("the build did not end within 0 s")
    assert [(step.instruction, step.lines) for step in record.steps] == [("RUN x", (2,))]


def test_an_interrupted_build_leaves_no_temporary_file(docker, tmp_path, monkeypatch):
    scratch = tmp_path / "tmp"
    scratch.mkdir()
    monkeypatch.setattr("tempfile.tempdir", str(scratch))
    docker(BUILD.replace("SLEEP", "sleep 60"))
    seen: list[list[Path]] = []

    def interrupt(event: object) -> None:
        seen.append(list(scratch.iterdir()))
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        Engine.find().build(BuildRequest(tmp_path, b"FROM a\n", salt="ab12-x"), interrupt)
    assert [path.name.startswith("jettison-ab12-x-") for path in seen[0]] == [True]
    assert not list(scratch.iterdir())


def test_a_context_or_dockerfile_that_cannot_be_read(docker, tmp_path):
    docker(GOOD)
    engine = Engine.find()
    with pytest.raises(CannotRun, match="is not a folder"):
        engine.build(BuildRequest(tmp_path / "nowhere", b""))
    with pytest.raises(CannotRun, match="No such file"):
        engine.build(BuildRequest(tmp_path, tmp_path / "Dockerfile"))
    with pytest.raises(CannotRun, match="Is a directory"):
        engine.build(BuildRequest(tmp_path, tmp_path))


def test_pruning_goes_on_until_nothing_more_goes(docker, tmp_path):
    """A record goes only after those that stand on it, so one call may not do."""
    docker(
        GOOD
        + f"""
buildx\\ prune*) echo x >> {tmp_path}/prunes;;
buildx\\ du\\ --help) echo --format;;
buildx\\ du*) case $(wc -l < {tmp_path}/prunes) in
    1) echo '{{"ID":"a"}}'; echo '{{"ID":"b"}}'; echo '{{"ID":"other"}}';;
    *) echo '{{"ID":"a"}}'; echo '{{"ID":"other"}}';; esac;;"""
    )
    assert Engine.find().prune(["a", "b", "c"]) == ("a",)
    calls = [line for line in (tmp_path / "calls").read_text().splitlines() if "prune" in line]
    assert [line.rpartition("id=")[2] for line in calls] == ["^(a|b|c)$", "^(a|b)$", "^(a)$"]
    assert all("--all --force --filter" in line for line in calls)


def test_a_builder_that_compares_ids_is_asked_one_by_one(docker, tmp_path):
    docker(
        GOOD
        + f"""
*id=[ab]) echo x >> {tmp_path}/gone;;
buildx\\ du\\ --help) echo --verbose;;
buildx\\ du*--verbose) test -e {tmp_path}/gone || printf 'ID: a\\nType: x\\n\\nID: b\\nType: x\\n';;"""
    )
    assert Engine.find().prune(["a", "b"]) == ()
