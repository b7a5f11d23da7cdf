"""Every build of a proof goes through here: announced, named, and with the request's options."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jettison.build import BuildRecord, BuildRequest, Workbench
from jettison.build.rawjson import Event
from jettison.proof.candidate import Request
from jettison.proof.staging import Staged


class Step(NamedTuple):
    """One step of a proof as it begins; `of` grows when the proof finds more to do."""

    number: int
    of: int
    text: str


class Builds:
    """Builds candidates of one request, and counts the steps of the proof."""

    def __init__(
        self,
        bench: Workbench,
        request: Request,
        on_step: Callable[[Step], None] | None = None,
        on_event: Callable[[Event], None] | None = None,
    ) -> None:
        self.bench, self.request = bench, request
        self.planned = 0
        self._done = 0
        self._images: list[str] = []
        self._on_step, self._on_event = on_step, on_event

    def step(self, text: str) -> None:
        """Announce what happens next."""
        self._done += 1
        if self._on_step:
            self._on_step(Step(self._done, max(self._done, self.planned), text))

    def build(
        self,
        staged: Staged,
        name: str,
        salt: str,
        what: str,
        *,
        cold: bool = False,
        cache_from: str = "",
        cache_to: str = "",
    ) -> BuildRecord:
        """Build under this name (empty: only fill the cache); builds of one salt share what they make.

        `cold` needs a salt not used before: then neither steps nor cache mounts know anything.
        """
        self.step(what)
        request = self.request
        if name:
            self._images.append(name)
        return self.bench.build(
            BuildRequest(
                context=staged.folder,
                dockerfile=staged.candidate.dockerfile,
                target=request.target,
                build_args=request.build_args,
                ignore=staged.ignore,
                secrets=request.secrets,
                ssh=request.ssh,
                cache_from=(cache_from,) if cache_from else (),
                cache_to=(cache_to,) if cache_to else (),
                no_cache=cold,
                salt=salt,
            ),
            name,
            on_event=self._on_event,
        )

    def drop_images(self) -> None:
        """Remove every image made so far; the cache of the builds stays."""
        tags = [self.bench.tag(name) for name in self._images]
        if tags:
            self.bench.engine.docker("image", "rm", "--force", *tags)
        self._images.clear()
