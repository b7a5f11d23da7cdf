"""Shared fixtures. `engine` is a real Docker engine: without one every e2e test fails, it never skips."""

from __future__ import annotations

import pytest


@pytest.fixture(scope="session")
def engine():
    """The engine that DOCKER_HOST or the docker context names; `make test` sets one up where there is
    none."""
    from jettison.build import Engine
    from jettison.errors import CannotRun

    try:
        return Engine.find()
    except CannotRun as problem:
        pytest.fail(f"no Docker engine: {problem.message}. Run the tests with `make test`.")
