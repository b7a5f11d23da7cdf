"""A place to build and run in that leaves nothing behind: every image, container, cache record and file is its own."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

from jettison.build.container import Container
from jettison.build.engine import Engine, Event
from jettison.build.record import BuildRecord
from jettison.build.request import BuildRequest
from jettison.image import Image, LayerCache


class Leftovers(NamedTuple):
    """What stayed behind because it was not certainly ours."""

    records: int
    bytes: int
    why: str


class Workbench:
    """Owns a nonce, and everything made under it; leaving the `with` block removes all of it, on Ctrl-C too."""

    def __init__(self, engine: Engine, *, registry: str | None = None) -> None:
        """`registry` is host:port for cache refs; default: the environment's JETTISON_CACHE_REGISTRY."""
        self.engine = engine
        self.nonce = ""
        self.registry = registry
        self.layers: LayerCache = {}

    def __enter__(self) -> Workbench:
        raise NotImplementedError

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        raise NotImplementedError

    def tag(self, name: str) -> str:
        """`jettison-<nonce>:name`."""
        raise NotImplementedError

    def folder(self, name: str = "") -> Path:
        """A new, empty temporary folder (for a copy of the context, an archive)."""
        raise NotImplementedError

    def build(
        self, request: BuildRequest, name: str = "", on_event: Callable[[Event], None] | None = None
    ) -> BuildRecord:
        """Build under this nonce: the tag is `tag(name)` (none without a name), the salt begins with the nonce.

        Two requests with the same `salt` share cache, with different ones they do not.
        """
        raise NotImplementedError

    def image(self, name: str) -> Image:
        """The image built under `name`, saved, read and forgotten again; layers once read are not read twice."""
        raise NotImplementedError

    def start(
        self,
        name: str,
        *,
        command: Sequence[str] | None = None,
        entrypoint: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        ports: Sequence[int] | None = None,
    ) -> Container:
        """Start a container of the image built under `name`."""
        raise NotImplementedError

    def cache_to(self, name: str) -> tuple[str, str]:
        """(`--cache-from` value, `--cache-to` value with mode=max) of a cache of our own.

        In the registry when there is one, else in a temporary folder: see `cache_place`.
        """
        raise NotImplementedError

    @property
    def cache_place(self) -> str:
        """`registry HOST:PORT` or `local folder`, for the report."""
        raise NotImplementedError

    def forget(self) -> None:
        """Remove the cache records made so far, so that the next build of the same salt is a cold one."""
        raise NotImplementedError

    @property
    def leftovers(self) -> Leftovers:
        """After the `with` block: what stayed behind."""
        raise NotImplementedError
