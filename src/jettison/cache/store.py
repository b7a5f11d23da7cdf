"""What a builder has in its cache, or was given by a registry, and which steps it saves.

BuildKit works from the wanted result backwards: a step whose key is known, and whose result can be had, ends
the way up. A key without a result, as `mode=min` exports for the steps of other stages, counts only as long
as nothing needs what is behind it.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Literal

from jettison.cache.steps import Steps

Mode = Literal["min", "max"]


@dataclass(frozen=True)
class Store:
    """Keys that are known, and those among them whose results are there."""

    keys: frozenset[str] = frozenset()
    results: frozenset[str] = frozenset()

    def with_build(self, keys: Iterable[str]) -> Store:
        """After a build on this very builder: it keeps every step."""
        fresh = frozenset(keys)
        return Store(self.keys | fresh, self.results | fresh)


def exported(steps: Steps, keys: Sequence[str], mode: Mode) -> Store:
    """What a registry has after a build with `--cache-to mode=...`.

    `min` (and inline cache) keeps the results of the layers of the image; the keys of all other steps are
    there without.
    """
    all_keys = frozenset(keys)
    if mode == "max":
        return Store(all_keys, all_keys)
    return Store(all_keys, frozenset(key for step, key in zip(steps, keys, strict=True) if step.shipped))


def cached(steps: Steps, keys: Sequence[str], store: Store) -> tuple[bool, ...]:
    """For each step whether it is taken from the cache, as the builder's progress says it.

    The first of `keys` that a FROM has is never at work: a base image costs no step.
    """
    ran = [False] * len(keys)
    needed = [False] * len(keys)
    for index in range(len(keys) - 1, -1, -1):
        key = keys[index]
        is_image = steps[index].instruction.keyword == "FROM" or not steps[index].parts
        if is_image:
            continue
        ran[index] = key not in store.keys or (needed[index] and key not in store.results)
        if ran[index]:
            for other in steps[index].needs:
                needed[other] = True
    return tuple(not each for each in ran)
