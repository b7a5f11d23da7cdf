"""Which records of the builder's cache are ours: those that appeared while a build of ours ran, and of nobody
else.
"""

from __future__ import annotations

import json
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import NamedTuple

from jettison.build.cache import CacheRecord
from jettison.build.engine import Engine
from jettison.build.rawjson import Recording

_SLACK = 2.0
"""Seconds by which the engine's clock and its bookkeeping may be off."""
_GENERIC = ("local source for ", "imported ", "pulled from ")
"""Descriptions that do not tell whose a record is."""


class Build(NamedTuple):
    """A build as `docker buildx history` lists it; times in Unix seconds, `end` infinite while it runs."""

    ref: str
    name: str
    """The folder, with the target in brackets."""
    start: float
    end: float


class Ledger:
    """Keeps account of the builds made under one nonce, and of the cache records that they left."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._windows: list[tuple[float, float, str]] = []
        self._ids: set[str] = set()

    @contextmanager
    def build(self, folder: str) -> Iterator[None]:
        """Around one build of the folder named so."""
        before = {record.id for record in self._engine.cache_records()}
        start = time.time()
        try:
            yield
        except BaseException:
            self._settle()
            raise
        finally:
            self._windows.append((start, time.time(), folder))
            self._ids |= {record.id for record in self._engine.cache_records()} - before

    def _settle(self) -> None:
        """A build that was broken off goes on writing for a moment."""
        last: set[str] = set()
        for _ in range(20):
            time.sleep(0.25)
            now = {record.id for record in self._engine.cache_records()}
            if now == last and not any(build.end == float("inf") for build in self.builds()):
                return
            last = now

    def builds(self) -> tuple[Build, ...]:
        """The builds in the builder's history that are ours."""
        return tuple(build for build in history(self._engine) if self._is_ours(build))

    def records(self) -> tuple[tuple[CacheRecord, ...], tuple[CacheRecord, ...]]:
        """What is still there of the records that appeared: the certain ones, and those that may be of
        another build.

        With another build at the same time a record is only certain when its text is in none of that build's
        steps.
        """
        there = [record for record in self._engine.cache_records() if record.id in self._ids]
        foreign = self._meanwhile()
        if not foreign:
            return tuple(there), ()
        texts = [_steps(self._engine, build) for build in foreign]
        certain = tuple(record for record in there if _told_apart(record, texts))
        return certain, tuple(record for record in there if record not in certain)

    def _is_ours(self, build: Build) -> bool:
        return any(
            start - _SLACK <= build.start <= end + _SLACK and folder in build.name
            for start, end, folder in self._windows
        )

    def _meanwhile(self) -> list[Build]:
        """Builds of others that ran at the same time as one of ours."""
        return [
            build
            for build in history(self._engine)
            if not self._is_ours(build)
            and any(
                build.start <= end + _SLACK and start - _SLACK <= build.end for start, end, _ in self._windows
            )
        ]


def history(engine: Engine) -> tuple[Build, ...]:
    """The builds that the builder remembers; none when it keeps no history."""
    if not engine.features.history:
        return ()
    done = engine.docker("buildx", "history", "ls", *engine.on, "--format", "json")
    found = []
    for line in done.text.splitlines():
        try:
            item = json.loads(line)
            end = item.get("completed_at")
            found.append(
                Build(
                    str(item["ref"]).rpartition("/")[2],
                    str(item.get("name") or ""),
                    _time(item["created_at"]),
                    _time(end) if end else float("inf"),
                )
            )
        except (ValueError, KeyError, TypeError, AttributeError):
            continue
    return tuple(found)


def _time(text: str) -> float:
    moment = datetime.fromisoformat(text)
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


def _steps(engine: Engine, build: Build) -> str:
    """The names of all steps of a build, one text without white space."""
    done = engine.docker("buildx", "history", "logs", *engine.on, "--progress=rawjson", build.ref)
    recording = Recording()
    for line in (done.stdout + b"\n" + done.stderr).splitlines():
        recording.feed(line)
    return "\n".join("".join(vertex.name.split()) for vertex in recording.vertexes.values())


def _told_apart(record: CacheRecord, texts: list[str]) -> bool:
    if not record.description or record.description.startswith(_GENERIC):
        return False
    text = record.description.partition("/bin/sh -c ")[2].partition(' with id "')[0] or record.description
    return not any("".join(text.split()) in steps for steps in texts)
