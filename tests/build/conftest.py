from __future__ import annotations

import os
from pathlib import Path

import pytest

from jettison.build.rawjson import Recording

RECORDS = Path(__file__).parent / "records"


@pytest.fixture
def records() -> Path:
    """Streams and metadata of real builds on Docker 28.5 with buildx 0.29, by what they show."""
    return RECORDS


@pytest.fixture(scope="session")
def private(engine) -> bool:
    """True when nobody else has build cache to lose: the lab's engine, or JETTISON_PRUNE=always says so."""
    lab = os.environ.get("JETTISON_LAB", "/var/cache/jettison-lab")
    root = str(engine._info.get("DockerRootDir", ""))
    return os.environ.get("JETTISON_PRUNE") == "always" or root.startswith(f"{lab}/")


@pytest.fixture(scope="session")
def prune(private) -> str:
    """What a test may do to the engine's build cache; see jettison.build.usage.at_risk."""
    return "always" if private else "careful"


@pytest.fixture
def removal(private) -> None:
    """For tests that cannot do without removing build cache."""
    if not private:
        pytest.skip("it removes build cache, which costs other builds theirs; JETTISON_PRUNE=always runs it")


@pytest.fixture
def replay():
    """A function from the name of a record to what was gathered from it."""

    def read(name: str, **options) -> Recording:
        recording = Recording(**options)
        for line in (RECORDS / f"{name}.jsonl").read_bytes().splitlines(keepends=True):
            recording.feed(line)
        return recording

    return read
