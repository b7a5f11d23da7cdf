"""The build records that `jettison build` keeps, in the user's cache folder.

`$XDG_CACHE_HOME/jettison/builds` (default `~/.cache`): a folder for each Dockerfile with its context, and in
it a file for each build. Only the user may read them.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
import re
from pathlib import Path

from jettison.errors import CannotRun
from jettison.observed.record import LARGEST, ObservedBuild, from_bytes, to_bytes

RECORDS = 20
"""Kept of one Dockerfile with its context."""
BYTES = 200 << 20
"""Kept in all; the oldest go first, whatever they belong to."""
_SALT = "salt"


def builds_folder() -> Path:
    """Where the records are, whether or not there are any."""
    home = os.environ.get("XDG_CACHE_HOME") or os.path.expanduser("~/.cache")
    return Path(home) / "jettison" / "builds"


def salt() -> bytes:
    """What makes the hashes of hidden arguments worth nothing elsewhere: made once, and kept beside the
    records. Raises OSError when it cannot be."""
    path = builds_folder() / _SALT
    with contextlib.suppress(FileNotFoundError):
        return path.read_bytes()
    made = os.urandom(32)
    _write(path, made)
    return made


def keep_build(build: ObservedBuild) -> Path:
    """Write the record, as a whole or not at all, and drop the oldest above the limits.

    Raises CannotRun when it cannot be written.
    """
    folder = _folder(build.context, build.path)
    moment = re.sub(r"[^0-9TZ.]", "", build.began)
    ref = re.sub(r"[^a-z0-9]", "", build.record.ref) or "unknown"
    path = folder / f"{moment}-{ref}.json.gz"
    try:
        _write(path, to_bytes(build))
        _drop(folder)
    except OSError as problem:
        raise CannotRun(f"{path}: cannot be written: {problem.strerror or problem}") from None
    return path


def kept_builds(context: str, dockerfile: str) -> tuple[Path, ...]:
    """The records of this Dockerfile with this context, the newest first; `read_build` reads one."""
    return tuple(sorted(_records(_folder(context, dockerfile)), key=lambda path: path.name, reverse=True))


def read_build(path: Path) -> ObservedBuild:
    """The record in a file. Raises CannotRun when there is none that can be read."""
    try:
        if path.stat().st_size > LARGEST:
            raise CannotRun(f"{path}: too large for a build record")
        return from_bytes(path.read_bytes(), str(path))
    except OSError as problem:
        raise CannotRun(f"{path}: cannot be read: {problem.strerror or problem}") from None


def _folder(context: str, dockerfile: str) -> Path:
    name = "\0".join(
        os.path.realpath(part) if os.path.exists(part) else part for part in (context, dockerfile)
    )
    return builds_folder() / hashlib.sha256(os.fsencode(name)).hexdigest()[:20]


def _records(folder: Path) -> list[Path]:
    try:
        return [path for path in folder.iterdir() if path.name.endswith(".json.gz")]
    except OSError:
        return []


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    part = path.with_name(f".{path.name}.{os.getpid()}")
    try:
        with open(os.open(part, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "wb") as file:
            file.write(data)
        part.replace(path)
    except BaseException:
        part.unlink(missing_ok=True)
        raise


def _drop(folder: Path) -> None:
    ours = sorted(_records(folder), key=lambda path: path.name, reverse=True)
    for path in ours[RECORDS:]:
        path.unlink(missing_ok=True)
    left = BYTES
    every = [path for each in builds_folder().iterdir() for path in _records(each)]
    for path in sorted(every, key=lambda path: path.name, reverse=True):
        with contextlib.suppress(FileNotFoundError):
            left -= path.stat().st_size
            if left < 0:
                path.unlink()
