"""A place to build and run in that leaves nothing behind: every image, container, cache record and file is
its own.

What is whose (measured on Docker 28.5 with buildx 0.29; the e2e tests of this folder repeat it):

- images are tagged `jettison-<nonce>:name`, containers labelled `jettison=<nonce>`, files in one temporary
  folder;
- RUN steps and cache mounts are kept apart from the user's by the salt (jettison.build.command), COPY steps
  may hit records of the user's, which does no harm to either;
- cache records of ours are those that appeared during our builds (jettison.build.ledger), and are removed by
  id;
- an engine with the containerd store forgets the cache keys of other builds on any removal
  (jettison.build.usage, at_risk). There, when others have something to lose, our records stay and are
  reported, unless JETTISON_PRUNE is `always`.
"""

from __future__ import annotations

import os
import re
import secrets
import shutil
import signal
import tempfile
import threading
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from types import FrameType, TracebackType
from typing import Any, NamedTuple

from jettison.build.container import Container
from jettison.build.engine import Engine
from jettison.build.ledger import Ledger
from jettison.build.rawjson import Event, Recording
from jettison.build.record import BuildRecord
from jettison.build.registry import delete_tag
from jettison.build.request import BuildRequest
from jettison.build.usage import CacheRecord, at_risk
from jettison.errors import CannotRun, JettisonError
from jettison.image import Image, LayerCache, read_archive

PRUNE = ("careful", "always", "never")


class Leftovers(NamedTuple):
    """What stayed behind because it was not certainly ours, or not to be removed without harm to others."""

    records: int = 0
    """Of the builder's cache."""
    bytes: int = 0
    why: str = ""
    """One sentence; empty when nothing stayed."""


class Workbench:
    """Owns a nonce and everything made under it; leaving the `with` block removes all of it.

    That holds for Ctrl-C and SIGTERM too (SIGTERM becomes SystemExit(143) inside the block, in the main
    thread); a second Ctrl-C during the clean-up is ignored. After kill -9 the names tell what to remove.
    """

    def __init__(self, engine: Engine, *, registry: str | None = None, prune: str = "") -> None:
        """`registry` is host:port for cache refs; default: the environment's JETTISON_CACHE_REGISTRY.

        `prune` is `careful`, `always` or `never`, for the removal of cache records; default: JETTISON_PRUNE,
        else `careful`.
        """
        self.engine = engine
        self.nonce = secrets.token_hex(4)
        self.registry = os.environ.get("JETTISON_CACHE_REGISTRY", "") if registry is None else registry
        self.layers: LayerCache = {}
        self.leftovers = Leftovers()
        """After the `with` block: what stayed behind."""
        chosen = prune or os.environ.get("JETTISON_PRUNE", "")
        self._prune = chosen if chosen in PRUNE else "careful"
        self._ledger = Ledger(engine)
        self._refs: set[str] = set()
        self._root: Path | None = None
        self._handlers: dict[signal.Signals, Any] = {}

    def __enter__(self) -> Workbench:
        self._root = Path(tempfile.mkdtemp(prefix=f"jettison-{self.nonce}-"))
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGTERM, signal.SIGHUP):
                if signal.getsignal(number) is not signal.SIG_IGN:  # nohup
                    self._handlers[number] = signal.signal(number, _leave)
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if threading.current_thread() is threading.main_thread():
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                earlier = signal.signal(number, signal.SIG_IGN)
                self._handlers.setdefault(number, earlier)
        try:
            self._clean()
        finally:
            for number, handler in self._handlers.items():
                signal.signal(number, handler)

    def tag(self, name: str) -> str:
        """`jettison-<nonce>:name`."""
        return f"jettison-{self.nonce}:{name}"

    def folder(self, name: str = "") -> Path:
        """A new, empty temporary folder (for a copy of the context, an archive).

        Its last part carries the nonce: BuildKit shares what it keeps of a context between folders of one
        name.
        """
        if self._root is None:
            raise RuntimeError("a Workbench is used inside its with block")
        return Path(tempfile.mkdtemp(prefix=f"jettison-{self.nonce}-{name}-", dir=self._root))

    def build(
        self, request: BuildRequest, name: str = "", on_event: Callable[[Event], None] | None = None
    ) -> BuildRecord:
        """Build under this nonce: the tag is `tag(name)` (no image without a name), the salt begins with the
        nonce.

        Two requests with the same `salt` share the cache of their RUN steps and their cache mounts, two with
        different ones do not. Cold is: a salt not used before, and `no_cache` for the COPY steps. The context
        should be a copy in `folder()`, so that what the builder keeps of the user's own folder stays as it
        is.
        """
        salt = re.sub(r"[^a-z0-9]+", "-", f"{self.nonce}-{request.salt.lower()}").strip(
            "-"
        )  # it is a host name
        ours = replace(request, tag=self.tag(name) if name else "", salt=salt)
        recording = Recording(on_event)
        with self._ledger.build(recording):
            return self.engine.build(ours, recording=recording)

    def image(self, name: str) -> Image:
        """The image built under `name`: saved, read, the archive deleted; a layer once read is not again.

        The classic store keeps layers uncompressed: there the compressed sizes are modelled, and say so.
        """
        archive = self.folder("image") / "image.tar"
        try:
            self.engine.save(self.tag(name), archive)
            model = not self.engine.features.containerd_store
            return read_archive(archive, self.layers, model_compressed=model)
        finally:
            shutil.rmtree(archive.parent, ignore_errors=True)

    def start(
        self,
        name: str,
        *,
        command: Sequence[str] | None = None,
        entrypoint: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        ports: Sequence[int] | None = None,
        options: Sequence[str] = (),
    ) -> Container:
        """Start a container of the image built under `name`; see Engine.start."""
        return self.engine.start(
            self.tag(name),
            nonce=self.nonce,
            command=command,
            entrypoint=entrypoint,
            env=env,
            ports=ports,
            options=options,
        )

    def cache_to(self, name: str) -> tuple[str, str]:
        """(`--cache-from` value, `--cache-to` value with mode=max) of a build cache of our own, see
        `cache_place`.

        Raises CannotRun when the engine cannot export build cache.
        """
        if not self.engine.features.cache_export:
            raise CannotRun(
                "this engine cannot export build cache",
                "turn on the containerd image store: https://docs.docker.com/engine/storage/containerd/",
            )
        if self.registry:
            ref = f"{self.registry}/jettison:{self.nonce}-{name}"
            self._refs.add(ref)
            where = f"type=registry,ref={ref}"
            return where, f"{where},mode=max,image-manifest=true,oci-mediatypes=true"
        path = self.folder("cache") / name
        return f"type=local,src={path}", f"type=local,dest={path},mode=max"

    @property
    def cache_place(self) -> str:
        """`registry HOST:PORT` or `local folder`, for the report."""
        return f"registry {self.registry}" if self.registry else "local folder"

    def forget(self) -> bool:
        """Remove the cache records made so far, so that the next build is a cold one also for salts used
        before.

        False, and nothing is removed, when that would cost others their cache; see
        `jettison.build.usage.at_risk`.
        """
        if not self._may_prune():
            return False
        certain = self._ledger.account().certain
        self.engine.prune([record.id for record in certain])
        return True

    def _may_prune(self) -> bool:
        if self._prune != "careful":
            return self._prune == "always"
        if not self.engine.features.containerd_store:
            return True
        certain = self._ledger.account().certain
        return not at_risk(self.engine.cache_records(), {record.id for record in certain})

    def _clean(self) -> None:
        reasons = []
        for step in (self._remove_containers, self._remove_images, self._remove_refs, self._remove_cache):
            try:
                reasons.append(step())
            except JettisonError as error:
                reasons.append(error.message)
        if self._root is not None:
            shutil.rmtree(self._root, ignore_errors=True)
        self.leftovers = self.leftovers._replace(why="; ".join(reason for reason in reasons if reason))

    def _remove_containers(self) -> str:
        found = self.engine.docker(
            "container", "ls", "-aq", "--filter", f"label=jettison={self.nonce}"
        ).text.split()
        if found:
            self.engine.docker("container", "rm", "--force", "--volumes", *found)
        return ""

    def _remove_images(self) -> str:
        listed = self.engine.docker(
            "image",
            "ls",
            "--format",
            "{{.Repository}}:{{.Tag}}",
            "--filter",
            f"reference=jettison-{self.nonce}",
        )
        if tags := listed.text.split():
            self.engine.docker("image", "rm", "--force", *tags)
        return ""

    def _remove_refs(self) -> str:
        kept = [ref for ref in sorted(self._refs) if not delete_tag(ref)]
        return f"the registry does not delete {', '.join(kept)}" if kept else ""

    def _remove_cache(self) -> str:
        certain, unsure = self._ledger.account()
        reason = ""
        if not certain:
            kept: list[CacheRecord] = []
        elif self._may_prune():
            still = set(self.engine.prune([record.id for record in certain]))
            kept = [record for record in certain if record.id in still]
            reason = "other builds use records of ours by now" if kept else ""
        else:
            kept = list(certain)
            reason = (
                "this engine drops the build cache of other builds when anything is removed from it; its own "
                "garbage collection takes ours in time (JETTISON_PRUNE=always removes it at once)"
            )
        if unsure:
            reason = "; ".join(
                filter(None, (reason, "other builds ran meanwhile, and these records may be theirs"))
            )
        left = [*kept, *unsure]
        self.leftovers = Leftovers(len(left), sum(record.size for record in left))
        return f"{len(left)} records of build cache stay: {reason}" if left else ""


def _leave(number: int, frame: FrameType | None) -> None:
    with suppress(ValueError):
        signal.signal(number, signal.SIG_IGN)
    raise SystemExit(128 + number)
