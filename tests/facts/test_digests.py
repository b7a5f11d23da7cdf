"""Digests known without a registry: the user's figures first, then the engine's images."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jettison.facts.digests import Known, known_digest
from jettison.facts.overlay import Measured, keep_images
from jettison.run import Completed

DIGEST = "sha256:" + "a" * 64


@pytest.fixture(autouse=True)
def facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "facts.json"
    monkeypatch.setenv("JETTISON_FACTS", str(path))
    known_digest.cache_clear()
    return path


def engine(monkeypatch: pytest.MonkeyPatch, code: int, answer: str) -> list[tuple[str, ...]]:
    asked: list[tuple[str, ...]] = []

    def run(command: tuple[str, ...], timeout: float) -> Completed:
        asked.append(command)
        return Completed(code, answer.encode(), b"")

    monkeypatch.setattr("jettison.run.which", lambda tool: f"/usr/bin/{tool}")
    monkeypatch.setattr("jettison.run.run", run)
    return asked


def test_the_users_figures_come_first(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = engine(monkeypatch, 0, json.dumps([f"python@sha256:{'b' * 64}"]))
    keep_images({"python:latest": Measured(1, DIGEST, "2026-11-27")})
    assert known_digest("docker.io/library/python") == Known(DIGEST, "the registry on 2026-11-27")
    assert asked == []


def test_the_engine_says_what_its_image_is(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = engine(
        monkeypatch, 0, json.dumps([f"other@sha256:{'b' * 64}", f"docker.io/library/node@{DIGEST}"])
    )
    assert known_digest("node") == Known(DIGEST, "the engine's image of that name")
    assert asked[0][-1] == "node:latest"


@pytest.mark.parametrize(
    ("code", "answer"), [(1, ""), (0, "[]"), (0, "null"), (0, "no JSON"), (0, json.dumps(["node@md5:1"]))]
)
def test_no_image_no_digest(monkeypatch: pytest.MonkeyPatch, code: int, answer: str) -> None:
    engine(monkeypatch, code, answer)
    assert known_digest("node:latest") is None


def test_without_docker_and_with_a_broken_file_nothing_is_known(
    monkeypatch: pytest.MonkeyPatch, facts: Path
) -> None:
    facts.write_text("[]")
    monkeypatch.setattr("jettison.run.which", lambda tool: None)
    assert known_digest("node") is None
