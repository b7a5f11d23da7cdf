"""What a builder has in its cache, or was given by a registry, and which steps it saves.

BuildKit works from the wanted result backwards: a step whose key is known, and whose result can be had, ends
the way up. A key without a result, as `mode=min` exports for the steps of other stages, counts only as long
as nothing needs what is behind it.
"""

from __future__ import annotations

from collections.abc import Sequence, Set
from dataclasses import dataclass
from typing import Literal

from jettison.cache.steps import Steps

Mode = Literal["min", "max"]


@dataclass(frozen=True)
class Store:
    """Keys that are known, those among them whose results are there, and the routes to those keys."""

    keys: Set[str] = frozenset()
    results: Set[str] = frozenset()
    routes: Set[str] = frozenset()
    """See Steps.routes."""

    def with_build(self, steps: Steps, keys: Sequence[str]) -> Store:
        """After a build on this very builder: it keeps every step."""
        fresh = frozenset(keys)
        return Store(self.keys | fresh, self.results | fresh, self.routes | frozenset(steps.routes(keys)))


def exported(steps: Steps, keys: Sequence[str], mode: Mode) -> Store:
    """What a registry has after a build with `--cache-to mode=...`.

    `min` (and inline cache) keeps the results of the layers of the image; the keys of all other steps are
    there without.
    """
    all_keys, routes = frozenset(keys), frozenset(steps.routes(keys))
    if mode == "max":
        return Store(all_keys, all_keys, routes)
    shipped = frozenset(key for step, key in zip(steps, keys, strict=True) if step.shipped)
    return Store(all_keys, shipped, routes)


def cached(steps: Steps, keys: Sequence[str], store: Store) -> tuple[bool, ...]:
    """For each step whether it is taken from the cache, as the builder's progress says it; a FROM always is.

    A step that takes files of another stage is found by where they come from, or else by their content: then
    the other stage has to be there, and is built where only its key is.
    """
    routes = steps.routes(keys)
    ran = [False] * len(keys)
    needed = [False] * len(keys)
    for index in range(len(keys) - 1, -1, -1):
        key = keys[index]
        is_image = steps[index].instruction.keyword == "FROM" or not steps[index].parts
        if is_image:
            continue
        ran[index] = key not in store.keys or (needed[index] and key not in store.results)
        looks = routes[index] not in store.routes
        if ran[index] or looks:
            for other in steps[index].needs if ran[index] else steps[index].taken_from:
                needed[other] = True
    return tuple(not each for each in ran)
