"""What to build, as one frozen value."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path


@dataclass(frozen=True, slots=True)
class Secret:
    """A secret a RUN may mount: the content of the file `path`, or of the environment variable `env`."""

    id: str
    path: Path | None = None
    env: str = ""


@dataclass(frozen=True, slots=True)
class BuildRequest:
    """One build. Nothing is ever written into `context`.

    `dockerfile` is a file, or the bytes of one that exists nowhere yet; `ignore` is the text of a
    .dockerignore to use instead of the folder's own (None: the folder's own rule holds, also for a Dockerfile
    given as bytes).
    """

    context: Path
    dockerfile: Path | bytes
    tag: str = ""
    """Name of the image; empty: nothing is kept but build cache."""
    path: Path | None = None
    """Where a Dockerfile given as bytes would stand: its `<path>.dockerignore` counts as if it stood there.
    """
    target: str = ""
    build_args: Mapping[str, str] = field(default_factory=dict)
    ignore: bytes | None = None
    secrets: tuple[Secret, ...] = ()
    ssh: tuple[str, ...] = ()
    """As `--ssh` takes them: `default`, `id=path`."""
    cache_from: tuple[str, ...] = ()
    """As `--cache-from` takes them: `type=registry,ref=...`."""
    cache_to: tuple[str, ...] = ()
    no_cache: bool = False
    """Every step runs, and its cache mounts are empty at first (measured on Docker 28.5)."""
    salt: str = ""
    """Anything but empty keeps the RUN steps and cache mounts of this build apart from those of every other
    salt.
    """
    platform: str = ""
    network: str = ""
    output: str = ""
    """As `--output` takes it; empty: the engine's image store, or nothing without a tag."""
    provenance: bool = False
    """Ask the builder for the bytes of each step's layer; see `jettison.build.metadata` for what that costs.
    """
    timeout: float | None = None
    """Seconds after which the build is ended and reported as failed."""
