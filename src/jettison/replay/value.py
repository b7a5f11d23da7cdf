"""What a Dockerfile costs over the history of its project, step by step."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import NamedTuple

from jettison.findings import Basis

SCENARIOS = {
    "local": "a builder that keeps its cache",
    "registry-max": "a fresh builder, cache from a registry, mode=max",
    "registry-min": "a fresh builder, cache from a registry, mode=min",
    "none": "a fresh builder without cache",
}


class Estimate(NamedTuple):
    """A mean in seconds with its 95 % interval (bootstrap over the commits)."""

    mean: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class PricedStep:
    """One step of the Dockerfile over the commits."""

    name: str
    """As BuildKit says it: `[builder 2/5] RUN make`."""
    stage: str
    """Its name, `stage-1` where it has none."""
    lines: tuple[int, ...]
    """Of the Dockerfile, from 1."""
    seconds: float
    """What one run of it takes on a fresh builder."""
    basis: Basis
    bytes: int | None
    """Of its layer, where a build record tells."""
    hits: Mapping[str, float]
    """By scenario: the share of commits, 0 to 1, at which it is taken from the cache."""
    after: tuple[int, ...]
    """Indexes of the steps that it waits for, all smaller than its own."""
    warm: float
    """Seconds of one run of it on a builder that keeps its cache: its cache mounts are filled."""


@dataclass(frozen=True, slots=True)
class Replay:
    """One Dockerfile, built in thought at each of a number of commits."""

    commits: tuple[str, ...]
    """The commits in order, oldest first; the first only fills the cache and is not counted."""
    left_out: int
    """Commits at which this Dockerfile cannot be built: a COPY finds nothing."""
    steps: tuple[PricedStep, ...]
    expected: Mapping[str, Estimate]
    """By scenario: seconds of a rebuild, steps of independent stages side by side."""
    history: Mapping[str, tuple[float, ...]]
    """By scenario: seconds of the rebuild at each commit but the first."""
