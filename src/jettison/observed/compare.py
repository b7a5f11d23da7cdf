"""Which steps of a build an exported cache holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jettison.observed.exported import ExportedCache
from jettison.observed.record import ObservedBuild


class Found(NamedTuple):
    """A step in a cache. Whether it is a hit depends on the files that it takes too: of those a cache has
    only digests."""

    records: tuple[int, ...]
    """The records that may be it: of the same operation, on the same steps below. None: the step is not in
    the cache, whatever the files."""
    loadable: tuple[int, ...]
    """Those of them that can be loaded."""
    unknown: bool
    """True when no record has the same operation at all: it is the text, the environment or the mounts.
    False with no `records`: the same operation stands there on other steps or another base."""


def steps_in(cache: ExportedCache, build: ObservedBuild) -> Mapping[str, Found]:
    """What the cache has of each step, by the digest of the step; only those whose key the builder told
    (`ObservedBuild.keys`).

    A step on a base image is taken to stand on it when its record has a root below, since a base image's own
    keys (`jettison.observed.keys.image_keys`) need its manifest.
    """
    by_digest: dict[str, list[int]] = {}
    for number, record in enumerate(cache.records):
        by_digest.setdefault(record.digest, []).append(number)
    found: dict[str, Found] = {}
    left = {step.digest: step for step in build.record.steps if step.digest in build.keys}
    while left:
        ready = [step for step in left.values() if not left.keys() & set(step.inputs)]
        if not ready:
            break
        for step in ready:
            del left[step.digest]
            same = by_digest.get(build.keys[step.digest], [])
            records = tuple(at for at in same if _stands(cache, at, step.inputs, found))
            loadable = tuple(at for at in records if cache.records[at].has_result)
            found[step.digest] = Found(records, loadable, not same)
    return found


def _stands(cache: ExportedCache, number: int, inputs: tuple[str, ...], found: Mapping[str, Found]) -> bool:
    """True when the record's first input, what the step changes, may be the step below."""
    links = cache.records[number].inputs
    if not links or not inputs or inputs[0] not in found:
        return True
    return any(link.record in found[inputs[0]].records for link in links[0])
