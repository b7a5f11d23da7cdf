"""Write a rewrite to disk: all files or none, each replaced in one step, nothing outside the project."""

from __future__ import annotations

import contextlib
import os
import stat
import tempfile
from collections.abc import Iterable
from pathlib import Path

from jettison.errors import CannotRun
from jettison.report.diff import FileChange


def write_changes(changes: Iterable[FileChange], root: Path) -> tuple[str, ...]:
    """Write every file and return their paths as shown; the Dockerfile, which comes first, is replaced last.

    Raises CannotRun, with nothing written, when a path leads out of the project folder, when a file is no
    longer as it was read, or when the folder cannot be written. Mode and, where allowed, owner stay.
    """
    pending: list[tuple[str, Path, FileChange]] = []
    done: list[tuple[Path, bytes | None]] = []
    shown = ""
    try:
        for change in reversed(tuple(changes)):
            shown, target = change.shown, _target(change, root)
            pending.append((_prepare(target, change), target, change))
        for temporary, target, change in pending:
            shown = change.shown
            os.replace(temporary, target)
            done.append((target, change.before))
    except OSError as problem:
        _take_back(done)
        raise CannotRun(f"{shown}: cannot be written: {problem.strerror}") from None
    finally:
        for temporary, _, _ in pending:
            with contextlib.suppress(FileNotFoundError):
                os.unlink(temporary)
    return tuple(change.shown for _, _, change in reversed(pending))


def _target(change: FileChange, root: Path) -> Path:
    """The file itself behind any symbolic links, when it lies in the project and is still as it was read."""
    target = Path(os.path.realpath(change.path))
    homes = [Path(os.path.realpath(root)), Path(os.path.realpath(os.path.dirname(change.path) or "."))]
    home = homes if change.before is not None and not change.path.is_symlink() else homes[:1]
    if not any(target.is_relative_to(folder) for folder in home):
        raise CannotRun(
            f"{change.shown}: leads out of the project, to {target}: not written",
            "apply the diff by hand, or call jettison in the folder where the file lives",
        )
    try:
        now = target.read_bytes()
    except FileNotFoundError:
        now = None
    if now != change.before:
        raise CannotRun(f"{change.shown}: was changed meanwhile: nothing was written", "call jettison again")
    return target


def _prepare(target: Path, change: FileChange) -> str:
    """A finished temporary file beside the target, with its mode and owner."""
    handle, temporary = tempfile.mkstemp(prefix=f".{target.name}.", suffix=".jettison", dir=target.parent)
    try:
        with os.fdopen(handle, "wb") as file:
            file.write(change.after)
            file.flush()
            os.fsync(file.fileno())
        if change.before is None:
            os.chmod(temporary, 0o666 & ~_umask())
        else:
            known = os.stat(target)
            with contextlib.suppress(PermissionError):
                os.chown(temporary, known.st_uid, known.st_gid)
            os.chmod(temporary, stat.S_IMODE(known.st_mode))
    except BaseException:
        os.unlink(temporary)
        raise
    return temporary


def _take_back(done: Iterable[tuple[Path, bytes | None]]) -> None:
    for target, before in done:
        if before is None:
            target.unlink()
        else:
            target.write_bytes(before)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask
