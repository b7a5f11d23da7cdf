"""`jettison facts refresh` and `jettison base` against a registry, with an image that was pushed to it."""

from __future__ import annotations

import json
import os
import secrets
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from jettison.build import Engine

pytestmark = pytest.mark.e2e

COMMAND = [sys.executable, "-c", "import sys; from jettison.cli import main; sys.exit(main())"]


@pytest.fixture
def pushed(engine: Engine, tmp_path: Path) -> Iterator[tuple[str, str]]:
    """The registry, and the digest under which it has an image as library/python:slim; the tag is removed."""
    registry = os.environ.get("JETTISON_CACHE_REGISTRY", "")
    if not registry:
        pytest.fail("JETTISON_CACHE_REGISTRY names no registry: run the tests with make test")
    (tmp_path / "content").write_bytes(secrets.token_bytes(1_500_000))
    (tmp_path / "Dockerfile").write_text("FROM scratch\nCOPY content /content\n")
    name = f"{registry}/library/python:slim"
    built = engine.docker("build", "--provenance=false", "--tag", name, str(tmp_path))
    assert built.ok, built.complaint
    try:
        said = engine.docker("push", name)
        assert said.ok, said.complaint
        yield registry, said.text.rpartition("digest: ")[2].split()[0]
    finally:
        engine.docker("image", "rm", name)


def jettison(*argv: str, facts: Path) -> subprocess.CompletedProcess[str]:
    env = {**os.environ, "JETTISON_FACTS": str(facts)}
    return subprocess.run([*COMMAND, *argv], env=env, capture_output=True, text=True, check=False, timeout=60)


def test_sizes_come_from_the_registry_and_stand_in_the_table(pushed: tuple[str, str], tmp_path: Path) -> None:
    registry, digest = pushed
    facts = tmp_path / "facts.json"
    done = jettison("facts", "refresh", "--registry", registry, facts=facts)
    assert done.returncode == 0, done.stderr
    assert "python:slim  1.5 MB compressed\n" in done.stdout
    assert f"node:24-slim: {registry} does not have it" in done.stderr
    kept: dict[str, Any] = json.loads(facts.read_text())["image-choices"]
    assert kept["python:slim"]["digest"] == digest
    assert kept["python:slim"]["compressed"] == pytest.approx(1_500_000, abs=2_000)

    (tmp_path / "app").mkdir()
    (tmp_path / "app" / "Dockerfile").write_text('FROM python:3.12\nCMD ["python", "app.py"]\n')
    told = jettison("base", str(tmp_path / "app"), "--format", "json", facts=facts)
    assert told.returncode == 0, told.stderr
    slim = next(each for each in json.loads(told.stdout)["choices"] if each["image"] == "python:3.12-slim")
    assert slim["compressed"]["basis"] == "measured"
    assert slim["compressed"]["megabytes"] == 1.5
