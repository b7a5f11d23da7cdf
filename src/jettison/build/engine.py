"""The Docker engine that builds and runs: found, asked for its abilities, and driven by its command line."""

from __future__ import annotations

import json
import tempfile
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any, NamedTuple

from jettison.build import container
from jettison.build.command import arguments, environment
from jettison.build.lines import locator
from jettison.build.metadata import read_metadata
from jettison.build.process import call, stream
from jettison.build.rawjson import Event, Recording
from jettison.build.record import BuildRecord, assemble, complaint_of
from jettison.build.request import BuildRequest
from jettison.build.usage import CacheRecord, parse_records, parse_verbose, patterns
from jettison.errors import CannotRun
from jettison.run import Completed, which


class Features(NamedTuple):
    """What the engine can do, each found out by asking it to, never read off a version."""

    containerd_store: bool
    """Images are kept compressed, by containerd."""
    cache_export: bool
    """`--cache-to type=local` and `type=registry` work. The docker driver of buildx allows them with the
    containerd store only (docker/buildx driver/docker/driver.go, Features).
    """


@dataclass(frozen=True)
class Engine:
    """A Docker engine with buildx that answers. Nothing about it is kept between two calls of the program."""

    path: str
    """Of the docker command."""
    version: str
    buildx: str
    """What `docker buildx version` says."""
    builder: str = ""
    """Name of the builder inside the engine; empty: the one that buildx chooses."""
    _info: dict[str, Any] = field(default_factory=dict, repr=False)

    @classmethod
    def find(cls) -> Engine:
        """The engine that `docker` talks to. Raises CannotRun that says what is missing and what to do."""
        path = which("docker")
        if path is None:
            raise CannotRun(
                "docker is not installed", "install Docker Engine: https://docs.docker.com/engine/install/"
            )
        info = _answer(path)
        buildx = call([path, "buildx", "version"])
        if not buildx.ok:
            raise CannotRun(
                "docker has no buildx plugin",
                "install the package docker-buildx-plugin (docker-buildx on Debian)",
            )
        if str(info.get("OSType", "linux")) != "linux":
            raise CannotRun("the Docker engine runs Windows containers", "switch it to Linux containers")
        builder = call([path, "context", "show"]).text or "default"
        if not call([path, "buildx", "inspect", builder]).ok:
            builder = ""
        return cls(path, str(info.get("ServerVersion", "")), buildx.text, builder, info)

    @property
    def id(self) -> str:
        """The engine's own identifier."""
        return str(self._info.get("ID", ""))

    @cached_property
    def features(self) -> Features:
        """Found out on first use and kept."""
        status = [item for item in self._info.get("DriverStatus") or () if isinstance(item, list)]
        containerd = ["driver-type", "io.containerd.snapshotter.v1"] in status
        return Features(containerd, containerd)

    def build(
        self,
        request: BuildRequest,
        on_event: Callable[[Event], None] | None = None,
        *,
        recording: Recording | None = None,
    ) -> BuildRecord:
        """Build; a build that fails is a record with `ok` False, not an exception.

        On Ctrl-C and every other exception the builder's command is ended and its temporary files are
        removed. Raises CannotRun when the context is no folder or the Dockerfile cannot be read.
        """
        if not request.context.is_dir():
            raise CannotRun(f"the build context {request.context} is not a folder")
        if recording is None:
            recording = Recording(on_event)
        with tempfile.TemporaryDirectory(prefix=f"jettison-{request.salt}-") as name:
            folder = Path(name)
            source = _source(request)
            words = arguments(request, source, folder)
            start = time.monotonic()
            code, late = stream(
                [self.path, "buildx", "build", *self.on, *words],
                recording.feed,
                env=environment(request.provenance),
                timeout=request.timeout,
            )
            seconds = time.monotonic() - start
            metadata = read_metadata(folder / "metadata.json")
        complaint = "" if code == 0 else complaint_of(recording, code)
        if late:
            complaint = f"the build did not end within {request.timeout:.0f} s and was stopped\n{complaint}"
        return assemble(recording, metadata, locator(source), seconds, complaint)

    def save(self, tag: str, path: Path) -> None:
        """Write the image as an archive that `jettison.image.read_archive` reads. Raises CannotRun."""
        done = self.docker("image", "save", "--output", str(path), tag, timeout=1800)
        if not done.ok:
            raise CannotRun(f"cannot save the image {tag}: {done.complaint}")

    def has_image(self, tag: str) -> bool:
        """True when the engine's store has the image."""
        return self.docker("image", "inspect", tag).ok

    def remove_image(self, tag: str) -> None:
        """Remove one tag; nothing happens when there is none. The image stays when it has other tags."""
        self.docker("image", "rm", tag)

    def start(
        self,
        tag: str,
        *,
        nonce: str,
        command: Sequence[str] | None = None,
        entrypoint: Sequence[str] | None = None,
        env: Mapping[str, str] | None = None,
        ports: Sequence[int] | None = None,
        options: Sequence[str] = (),
    ) -> container.Container:
        """Start a container; `ports` (default: those the image exposes) become reachable from this machine.

        `options` are further ones of `docker container create`. Raises CannotRun when the engine cannot
        create or start it (an executable that is not there, say); nothing is left behind then.
        """
        return container.start(
            self.docker,
            tag,
            nonce=nonce,
            command=command,
            entrypoint=entrypoint,
            env=env,
            ports=ports,
            options=options,
        )

    def cache_records(self) -> tuple[CacheRecord, ...]:
        """Every record of the builder's cache. Raises CannotRun when it does not tell."""
        how = ("--format", "json") if self._lists_json else ("--verbose",)
        done = self._buildx("du", *how, timeout=600)
        if not done.ok:
            raise CannotRun(f"the builder does not list its cache: {done.complaint}", "update docker-buildx")
        return (parse_records if self._lists_json else parse_verbose)(done.text)

    @cached_property
    def _lists_json(self) -> bool:
        return "--format" in self.docker("buildx", "du", "--help").text

    def prune(self, ids: Sequence[str]) -> tuple[str, ...]:
        """Remove these cache records and no other; those that are still there because something builds on
        them.

        `--all` is for records that share a layer with an image, which are passed over otherwise; the image
        keeps what it needs (measured). See `jettison.build.usage.at_risk` for what this does to the cache of
        others.
        """
        left = set(ids)
        while left:
            for pattern in patterns(sorted(left)):
                self._remove(pattern)
            now = left & {record.id for record in self.cache_records()}
            if now == left:
                break
            left = now
        return self._prune_singly(left) if left == set(ids) else tuple(sorted(left))

    def _prune_singly(self, ids: set[str]) -> tuple[str, ...]:
        """For a builder that compares the id instead of matching it."""
        for id in sorted(ids):
            self._remove(id)
        left = ids & {record.id for record in self.cache_records()} if ids else ids
        return tuple(sorted(left)) if left == ids else self._prune_singly(left)

    def _remove(self, pattern: str) -> None:
        self._buildx("prune", "--all", "--force", "--filter", f"id={pattern}", timeout=600)

    def docker(self, *words: str, timeout: float = 120.0) -> Completed:
        """Run `docker` with these words, out of reach of the terminal's Ctrl-C."""
        return call([self.path, *words], timeout=timeout)

    def _buildx(self, command: str, *words: str, timeout: float = 120.0) -> Completed:
        return self.docker("buildx", command, *self.on, *words, timeout=timeout)

    @property
    def on(self) -> list[str]:
        """The option of buildx that names the builder."""
        return [f"--builder={self.builder}"] if self.builder else []


def _source(request: BuildRequest) -> bytes:
    if isinstance(request.dockerfile, bytes):
        return request.dockerfile
    try:
        return request.dockerfile.read_bytes()
    except OSError as error:
        raise CannotRun(f"cannot read {request.dockerfile}: {error.strerror or error}") from None


def _answer(path: str) -> dict[str, Any]:
    """What `docker info` says. Raises CannotRun with what to do when nobody answers."""
    done = call([path, "info", "--format", "{{json .}}"], timeout=60)
    try:
        info: dict[str, Any] = json.loads(done.stdout)
    except ValueError:
        info = {}
    errors = info.get("ServerErrors") or []
    if done.ok and info.get("ServerVersion") and not errors:
        return info
    complaint = "; ".join(map(str, errors)) or done.complaint
    if "permission denied" in complaint.lower():
        hint = "run as root, or join the group docker: sudo usermod -aG docker $USER, then log in again"
        raise CannotRun("no permission to talk to the Docker engine", hint)
    raise CannotRun(
        f"the Docker engine does not answer: {complaint}",
        "start it (sudo systemctl start docker, or Docker Desktop), or set DOCKER_HOST to where it listens",
    )
