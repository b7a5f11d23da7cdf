"""The Docker engine that builds and runs: found, asked for its abilities, and driven by its command line."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

from jettison.build.container import Container
from jettison.build.record import BuildRecord
from jettison.build.request import BuildRequest


class Event(NamedTuple):
    """One change while a build runs, for a progress display."""

    kind: str
    """`started`, `done`, `cached`, `failed`, `log`."""
    step: str
    """BuildKit's name of the step."""
    seconds: float
    """Of the step so far."""
    text: str


class CacheRecord(NamedTuple):
    """One record of the builder's cache (`docker buildx du`)."""

    id: str
    parents: tuple[str, ...]
    type: str
    """`regular`, `source.local`, `exec.cachemount`, ..."""
    size: int
    description: str
    created: str
    in_use: bool
    shared: bool


class Features(NamedTuple):
    """What the engine can do, each found by doing it."""

    containerd_store: bool
    cache_export: bool
    """`--cache-to type=local` and `type=registry` work."""
    history: bool
    """`docker buildx history` keeps records of past builds."""
    published_ports: bool
    """A port published on the loopback address answers."""


@dataclass(frozen=True)
class Engine:
    """A Docker engine with buildx that answers."""

    docker: str
    """Path of the command line."""
    version: str
    buildx: str
    driver: str

    @classmethod
    def find(cls) -> Engine:
        """The engine that `docker` talks to. Raises CannotRun that says what is missing and what to do."""
        raise NotImplementedError

    @property
    def features(self) -> Features:
        """Found out on first use (a few seconds) and kept."""
        raise NotImplementedError

    def build(self, request: BuildRequest, on_event: Callable[[Event], None] | None = None) -> BuildRecord:
        """Build; a build that fails is a record with ok False, not an exception.

        On Ctrl-C and every other exception the builder's command is ended and its temporary files are removed.
        """
        raise NotImplementedError

    def save(self, tag: str, path: Path) -> None:
        """Write the image as an archive that `jettison.image.read_archive` reads."""
        raise NotImplementedError

    def has_image(self, tag: str) -> bool:
        """True when the engine's store has the image."""
        raise NotImplementedError

    def remove_image(self, tag: str) -> None:
        """Remove one tag; nothing happens when there is none."""
        raise NotImplementedError

    def start(
        self,
        tag: str,
        *,
        nonce: str,
        command: Sequence[str] | None = None,
        entrypoint: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        ports: Sequence[int] | None = None,
    ) -> Container:
        """Start a container; `ports` (default: those the image exposes) become reachable from this machine.

        Raises CannotRun when the engine cannot create or start it (an executable that is not there, say).
        """
        raise NotImplementedError

    def cache_records(self) -> tuple[CacheRecord, ...]:
        """Every record of the builder's cache."""
        raise NotImplementedError

    def prune(self, ids: Sequence[str]) -> int:
        """Remove these cache records and no other; the bytes freed."""
        raise NotImplementedError
