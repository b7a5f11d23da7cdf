"""Which steps of a build an exported cache holds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jettison.observed.exported import ExportedCache
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
    `below` when the same operation stands there on other steps or another base; `files` when it stands there
    with files of other content or mode. Empty when there are some."""


def steps_in(
    cache: ExportedCache, build: ObservedBuild, contents: Mapping[str, str] | None = None
) -> Mapping[str, Found]:
    """What the cache has of each step, by the digest of the step; only those whose key the builder told
    (`ObservedBuild.keys`).

    `contents` has, by the digest of the step, the key of the files that it takes of the context
    (`jettison.observed.content`); a step that is not in there is taken to have the same files. A step on a
    base image is taken to stand on it, since a base image's own keys (`jettison.observed.keys.image_keys`)
    need its manifest.
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
            stand = [at for at in same if _stands(cache, at, step.inputs, found)]
            content = (contents or {}).get(step.digest)
            records = tuple(at for at in stand if content is None or _takes(cache, at, content))
            loadable = tuple(at for at in records if cache.records[at].has_result)
            lacks = "operation" if not same else "below" if not stand else "files" if not records else ""
            found[step.digest] = Found(records, loadable, lacks)
    return found


def _takes(cache: ExportedCache, number: int, content: str) -> bool:
    """True when one of the record's inputs may be these files."""
    links = (link for links in cache.records[number].inputs for link in links)
    return any(cache.records[link.record].digest == content for link in links)


def _stands(cache: ExportedCache, number: int, inputs: tuple[str, ...], found: Mapping[str, Found]) -> bool:
    """True when the record's first input, what the step changes, may be the step below."""
    links = cache.records[number].inputs
    if not links or not inputs or inputs[0] not in found:
        return True
    return any(link.record in found[inputs[0]].records for link in links[0])
