"""Records of one real build (Docker 28.5, buildx 0.29) of a Dockerfile with mounts of every kind,
here-documents, --link and COPYs with options, and of the caches that it exported."""

from __future__ import annotations

from pathlib import Path

import pytest

RECORDS = Path(__file__).parent / "records"


@pytest.fixture(autouse=True)
def own_cache(tmp_path, monkeypatch) -> Path:
    """Nothing is written into the user's own cache."""
    folder = tmp_path / "xdg-cache"
    monkeypatch.setenv("XDG_CACHE_HOME", str(folder))
    return folder


@pytest.fixture
def records() -> Path:
    """Where they are."""
    return RECORDS


@pytest.fixture
def build():
    """The build."""
    from jettison.observed import read_build

    return read_build(RECORDS / "build.json.gz")
