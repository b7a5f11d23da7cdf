from __future__ import annotations

from pathlib import Path

import pytest

from jettison.build.rawjson import Recording

RECORDS = Path(__file__).parent / "records"


@pytest.fixture
def records() -> Path:
    """Streams and metadata of real builds on Docker 28.5 with buildx 0.29, by what they show."""
    return RECORDS


@pytest.fixture
def replay():
    """A function from the name of a record to what was gathered from it."""

    def read(name: str, **options) -> Recording:
        recording = Recording(**options)
        for line in (RECORDS / f"{name}.jsonl").read_bytes().splitlines(keepends=True):
            recording.feed(line)
        return recording

    return read
