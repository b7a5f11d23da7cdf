"""Which steps of a build an exported cache holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jettison.observed.exported import CacheRecord, ExportedCache
from jettison.observed.record import ObservedBuild


class Found(NamedTuple):
    """A step in a cache, under several keys perhaps."""

    records: tuple[int, ...]
    """The records that may be it: of the same operation, on the same steps below, and of the same files where
    those are known."""
    loadable: tuple[int, ...]
    """Those of them that can be loaded: none when there is a record but `mode=min` left its layers out."""
    lacks: str
    """Why there are no records: `operation` when no record has the same text, environment and mounts at all;
    `base` when it stands there on another base image, `below` when on other steps; `files` when it stands
    there with files of other content or mode. Empty when there are some."""


def steps_in(
    cache: ExportedCache, build: ObservedBuild, contents: Mapping[str, str] | None = None
) -> Mapping[str, Found]:
    """What the cache has of each step, by the digest of the step; only those whose key the builder told
    (`ObservedBuild.keys`).

    `contents` has, by the digest of the step, the key of the files that it takes of the context
    (`jettison.observed.content`); a step that is not in there is taken to have the same files. A base image
    is known by its layers, so where a cache has no results (`mode=min`), every base is taken to be the same.
    """
    by_digest: dict[str, list[int]] = {}
    for number, record in enumerate(cache.records):
        by_digest.setdefault(record.digest, []).append(number)
    found: dict[str, Found] = {}
    left = {step.digest: step for step in build.record.steps if step.digest in build.keys}
    while ready := [step for step in left.values() if not left.keys() & set(step.inputs)]:
        for step in ready:
            del left[step.digest]
            same = by_digest.get(build.keys[step.digest], [])
            parent = build.parents.get(step.digest, "")
            base = build.base_layers.get(parent, ())
            bases = [at for at in same if _same_base(cache.records[at], base)]
            stand = [at for at in bases if _stands(cache.records[at], found.get(parent))]
            content = (contents or {}).get(step.digest)
            records = tuple(at for at in stand if content is None or _takes(cache, at, content))
            loadable = tuple(at for at in records if cache.records[at].has_result)
            tried = (("operation", same), ("base", bases), ("below", stand), ("files", records))
            lacks = next((name for name, left_over in tried if not left_over), "")
            found[step.digest] = Found(records, loadable, lacks)
    return found


def _same_base(record: CacheRecord, base: tuple[str, ...]) -> bool:
    """False when the step was made on a base image of other layers."""
    layers = tuple(layer.digest for layer in record.layers)
    return not base or not layers or layers[: len(base)] == base


def _takes(cache: ExportedCache, number: int, content: str) -> bool:
    """True when one of the record's inputs may be these files."""
    links = (link for links in cache.records[number].inputs for link in links)
    return any(cache.records[link.record].digest == content for link in links)


def _stands(record: CacheRecord, parent: Found | None) -> bool:
    """True when the record's first input, what the step changes, may be the step below."""
    if parent is None or not record.inputs:
        return True
    return any(link.record in parent.records for link in record.inputs[0])
