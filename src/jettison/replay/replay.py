"""A Dockerfile built in thought at every commit of its history."""

from __future__ import annotations

import random
from collections.abc import Mapping, Sequence
from typing import NamedTuple

from jettison.cache.gittree import History
from jettison.cache.select import Snapshot
from jettison.cache.steps import Steps
from jettison.cache.store import Store, cached, exported
from jettison.cache.tree import Entry
from jettison.context.ignore import IgnoreFile
from jettison.replay.costs import Cost
from jettison.replay.critical import length
from jettison.replay.value import SCENARIOS, Estimate, PricedStep, Replay

_RESAMPLES = 400


class Variant(NamedTuple):
    """One Dockerfile of the comparison, with the ignore file that goes with it."""

    steps: Steps
    ignore: IgnoreFile | None
    costs: tuple[Cost, ...]
    bytes: Mapping[int, int] = {}
    """Of the layers that a record tells of, by the index of the step."""
    links: Mapping[str, str] = {}


def replay(history: History, variants: Sequence[Variant]) -> tuple[Replay, ...]:
    """Each variant at each commit of the history, all over the same commits: those at which every one can be
    built.

    The Dockerfile and the ignore file are today's at every commit, so that what is priced is how they take
    the changes of the project. What a stage makes counts as changed whenever it is made anew.
    """
    walks = [Walk(history, variant) for variant in variants]
    kept: list[str] = []
    left_out = 0
    for number, commit in enumerate(history.commits):
        if number:
            for walk in walks:
                walk.change(commit.changes)
        if all(walk.buildable for walk in walks):
            for walk in walks:
                walk.build()
            kept.append(commit.id)
        else:
            left_out += 1
    return tuple(walk.result(tuple(kept), left_out) for walk in walks)


class Walk:
    """One variant on its way through the history."""

    def __init__(self, history: History, variant: Variant) -> None:
        self.variant = variant
        self._there = set(history.start.files)
        self._taken = Snapshot(variant.steps.sources, variant.ignore, variant.links)
        for path, entry in history.start.files.items():
            self._taken.change(path, entry, was_there=False)
        self._known: set[str] = set()
        self._routes: set[str] = set()
        self._local = Store(self._known, self._known, self._routes)
        self._after = [step.needs for step in variant.steps]
        self._last: tuple[str, ...] | None = None
        self._hits = {name: [0] * len(variant.steps) for name in SCENARIOS}
        self._seconds: dict[str, list[float]] = {name: [] for name in SCENARIOS}

    def change(self, changes: Sequence[tuple[str, Entry | None]]) -> None:
        """The context moves on by one commit."""
        for path, entry in changes:
            self._taken.change(path, entry, path in self._there)
            if entry is None:
                self._there.discard(path)
            else:
                self._there.add(path)

    @property
    def buildable(self) -> bool:
        """Whether every COPY finds something."""
        return all(selected.found for selected in self._taken.selected)

    def keys(self) -> tuple[str, ...]:
        """The keys of the steps at this commit."""
        return self.variant.steps.keys([selected.digest for selected in self._taken.selected])

    def build(self) -> None:
        """Build at this commit in every scenario; the first build only fills the caches."""
        steps, keys = self.variant.steps, self.keys()
        if self._last is not None:
            self._count("local", cached(steps, keys, self._local))
            self._count("registry-max", cached(steps, keys, exported(steps, self._last, "max")))
            self._count("registry-min", cached(steps, keys, exported(steps, self._last, "min")))
            self._count("none", cached(steps, keys, Store()))
        self._known.update(keys)
        self._routes.update(steps.routes(keys))
        self._last = keys

    def _count(self, scenario: str, flags: Sequence[bool]) -> None:
        hits = self._hits[scenario]
        seconds = []
        for index, flag in enumerate(flags):
            hits[index] += flag
            cost = self.variant.costs[index]
            seconds.append(0.0 if flag else cost.warm if scenario == "local" else cost.cold)
        self._seconds[scenario].append(length(seconds, self._after))

    def result(self, commits: tuple[str, ...], left_out: int) -> Replay:
        """What came of it."""
        counted = max(len(commits) - 1, 1)
        steps = tuple(
            PricedStep(
                step.name,
                step.stage.name or f"stage-{step.stage.index}",
                step.lines,
                self.variant.costs[index].cold,
                self.variant.costs[index].basis,
                self.variant.bytes.get(index),
                {name: hits[index] / counted for name, hits in self._hits.items()},
                step.needs,
                self.variant.costs[index].warm,
            )
            for index, step in enumerate(self.variant.steps)
        )
        expected = {name: estimate(seconds) for name, seconds in self._seconds.items()}
        history = {name: tuple(seconds) for name, seconds in self._seconds.items()}
        return Replay(commits, left_out, steps, expected, history)


def estimate(values: Sequence[float]) -> Estimate:
    """The mean and its 95 % interval by bootstrap; all 0 without values. The same values give the same
    interval."""
    if not values:
        return Estimate(0.0, 0.0, 0.0)
    at = random.Random(len(values))
    means = sorted(sum(at.choices(values, k=len(values))) / len(values) for _ in range(_RESAMPLES))
    return Estimate(
        sum(values) / len(values), means[int(0.025 * _RESAMPLES)], means[int(0.975 * _RESAMPLES) - 1]
    )
