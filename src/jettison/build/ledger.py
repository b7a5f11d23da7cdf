"""Which records of the builder's cache are ours: those that appeared during our builds and that our steps
explain.

`docker buildx history` would tell of builds that others made meanwhile, and is not used: before BuildKit 0.29
(moby/buildkit #6614) listing the history brings the whole engine down when a build in it was removed after
somebody had looked at it, which `history rm`, and the engine's own clean-up, do (seen on Docker 28.5). For
the same reason our builds are not removed from the history: they go with its clean-up.
"""

from __future__ import annotations

import re
import time
from collections import Counter
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import NamedTuple

from jettison.build.engine import Engine
from jettison.build.rawjson import Recording, Vertex
from jettison.build.usage import CacheRecord

_SLACK = 0.5
"""Seconds around the time of a step in which its records are made; 0.1 was the most that was seen."""


class Account(NamedTuple):
    """The records that appeared during our builds and are still there."""

    certain: tuple[CacheRecord, ...]
    """Explained by a step that we saw at work at that time."""
    unsure: tuple[CacheRecord, ...]
    """Perhaps of another build at the same time."""


class Ledger:
    """Keeps account of our builds and of the cache records that appeared during each."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._fresh: set[str] = set()
        self._recordings: list[Recording] = []

    @contextmanager
    def build(self, recording: Recording) -> Iterator[None]:
        """Around one build, which feeds `recording`."""
        before = {record.id for record in self._engine.cache_records()}
        self._recordings.append(recording)
        try:
            yield
        except BaseException:
            self._settle()
            raise
        finally:
            self._fresh |= {record.id for record in self._engine.cache_records()} - before

    def account(self) -> Account:
        """What is still there."""
        there = [record for record in self._engine.cache_records() if record.id in self._fresh]
        vertexes = [vertex for recording in self._recordings for vertex in recording.vertexes.values()]
        ours = explained(there, vertexes)
        return Account(
            tuple(record for record in there if record.id in ours),
            tuple(record for record in there if record.id not in ours),
        )

    def _settle(self) -> None:
        """A build that was broken off goes on writing for a moment."""
        last: set[str] = set()
        for _ in range(20):
            time.sleep(0.25)
            now = {record.id for record in self._engine.cache_records()}
            if now == last:
                return
            last = now


def explained(records: Iterable[CacheRecord], vertexes: Iterable[Vertex]) -> set[str]:
    """Ids of the records that these steps made beyond doubt.

    A step explains a record that was made while it ran and whose description fits; one step explains one
    record of a kind (a RUN one for the root and one for each mount). What remains may belong to a build of
    somebody else. The time of a record stays when a later build exports it under a new id, so the steps of
    all our builds count. No time is asked of layers of base images and of what an imported cache brought:
    whoever loses them gets them again.
    """
    found: set[str] = set()
    used: Counter[tuple[int, str]] = Counter()
    worked = [(vertex, times) for vertex in vertexes if (times := _times(vertex))]
    for record in sorted(records, key=lambda record: record.created):
        if not record.description or record.description.startswith(
            ("imported ", "pulled from ", "from local")
        ):
            found.add(record.id)
            continue
        made = _seconds(record.created)
        for vertex, times in worked:
            kind = (id(vertex), _kind(record.description))
            near = any(start - _SLACK <= made <= end + _SLACK for start, end in times)
            if near and not used[kind] and _fits(record, vertex):
                used[kind] += 1
                found.add(record.id)
                break
    return found


def _kind(description: str) -> str:
    return description.partition(" from exec ")[0]


def _fits(record: CacheRecord, vertex: Vertex) -> bool:
    description, name = record.description, vertex.name
    if description.startswith("local source for "):
        # a new one holds what was sent, in blocks of a file system
        return name.startswith("[internal] load ") and record.size <= 65536 + 100 * vertex.sent
    if " from exec " not in description:
        return description == name
    command, mark, rest = name.partition("] ")[2].partition(" ")
    if not mark or command not in ("RUN", "ONBUILD"):
        return False
    ours, theirs = _words(rest), _words(description.partition(" from exec ")[2])
    return len(ours & theirs) * 2 >= min(len(ours), len(theirs))


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))


def _times(vertex: Vertex) -> list[tuple[float, float]]:
    """When it was at work; a step that was broken off, from its start on."""
    return [
        (_seconds(start), _seconds(end) if end else float("inf")) for start, end in vertex.intervals.items()
    ]


def _seconds(text: str) -> float:
    """Unix seconds of a time as Go prints it: `2026-11-23T06:35:12.3Z`, `2026-11-23 06:35:12.3 +0000 UTC`."""
    date, _, rest = text.replace("T", " ", 1).partition(" ")
    clock = rest.split(" ")[0].removesuffix("Z")
    try:
        return datetime.fromisoformat(f"{date}T{clock}+00:00").timestamp()
    except ValueError:
        return 0.0
