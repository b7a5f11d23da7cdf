"""A copy of the build context to build from and to edit, so that the user's folder is only ever read."""

from __future__ import annotations

import os
import shutil
import stat
from dataclasses import dataclass
from pathlib import Path

from jettison.context import Context, IgnoreFile
from jettison.errors import CannotRun
from jettison.proof.candidate import Candidate, Request

_COPIED = 256_000_000
"""Contexts up to this many bytes are copied. Bigger ones are hard-linked, which touches the change time of a
file, or used in place."""


@dataclass(frozen=True, slots=True)
class Staged:
    """A candidate with the folder it is built from. `ignore` is the text of the ignore file in force."""

    candidate: Candidate
    folder: Path
    ignore: bytes
    in_place: str = ""
    """Why the user's own folder is used, so that nothing can be edited in it; empty: `folder` is a copy."""

    def context(self) -> Context:
        """What the builder is sent from it now."""
        return Context(self.folder, IgnoreFile.parse(self.ignore))

    def write(self, path: str, content: bytes) -> None:
        """Give a file of the copy new content, keeping its mode; other links to it keep the old content."""
        if self.in_place:
            raise ValueError(f"{self.folder} is not ours to write into")
        target = self.folder / path
        mode = stat.S_IMODE(target.stat().st_mode) if target.exists() else 0o644
        target.parent.mkdir(parents=True, exist_ok=True)
        fresh = target.with_name(target.name + ".jettison-new")
        fresh.write_bytes(content)
        fresh.chmod(mode)
        os.replace(fresh, target)


def stage(request: Request, candidate: Candidate, folder: Path) -> Staged:
    """Copy what the builder is sent for this candidate into the empty `folder`, and write its files there.

    Modes, symbolic links, empty folders, extended attributes and times of modification are kept. Raises
    CannotRun for a file that cannot be read (the builder would stop there too), and for a context too big to
    copy or link when the candidate needs files other than an ignore file written.
    """
    ignore = ignore_in_force(request, candidate)
    context = Context(request.context, IgnoreFile.parse(ignore))
    link = context.bytes > _COPIED
    folder.mkdir(exist_ok=True)
    if reason := _cannot_copy(context, folder) if link else "":
        if any(not path.endswith(".dockerignore") for path in candidate.files):
            raise CannotRun(reason, "set TMPDIR to a folder on the same file system as the context")
        return Staged(candidate, request.context, ignore, reason)
    _copy(context, folder, link)
    staged = Staged(candidate, folder, ignore)
    for path, content in written(request, candidate).items():
        if not (folder / path).is_file() or (folder / path).read_bytes() != content:
            staged.write(path, content)
    return staged


def written(request: Request, candidate: Candidate) -> dict[str, bytes]:
    """Files sent that may not be as the user has them: the candidate's own, and the Dockerfile."""
    ignore = IgnoreFile.parse(ignore_in_force(request, candidate))
    files = dict(candidate.files)
    if own := _own_path(request):
        files[own] = candidate.dockerfile
    return {path: content for path, content in files.items() if not ignore.excludes(path)}


def ignore_in_force(request: Request, candidate: Candidate) -> bytes:
    """The text of the ignore file that holds once the candidate is written; empty when there is none."""
    own = _own_path(request)
    names = [f"{own}.dockerignore"] if own else []
    for name in (*names, ".dockerignore"):
        if name in candidate.files:
            return candidate.files[name]
        found = IgnoreFile.find(request.context, request.dockerfile)
        if found and found.path == request.context / name:
            return found.source
    found = IgnoreFile.find(request.context, request.dockerfile)
    return found.source if found else b""


def _own_path(request: Request) -> str:
    """The Dockerfile's path in the context; empty when it lies elsewhere."""
    if request.dockerfile is None:
        return ""
    try:
        return request.dockerfile.resolve().relative_to(request.context.resolve()).as_posix()
    except ValueError:
        return ""


def _cannot_copy(context: Context, folder: Path) -> str:
    size = f"{context.bytes / 1e6:.0f} MB"
    if os.stat(context.root).st_dev != os.stat(folder).st_dev:
        return (
            f"the context has {size}, too much to copy, and lies on another file system than {folder.parent}"
        )
    return ""


def _copy(context: Context, folder: Path, link: bool) -> None:
    for path in context.folders:
        (folder / path).mkdir(parents=True, exist_ok=True)
    for file in context.files:
        source, target = context.root / file.path, folder / file.path
        target.parent.mkdir(parents=True, exist_ok=True)
        try:
            if file.kind == "link":
                shutil.copy2(source, target, follow_symlinks=False)
            elif file.kind == "other":
                if stat.S_ISFIFO(file.mode):
                    os.mkfifo(target, stat.S_IMODE(file.mode))
            elif not link or not _linked(source, target):
                shutil.copy2(source, target)
        except OSError as problem:
            raise CannotRun(
                f"{source}: cannot be read for the build: {problem.strerror}",
                "make it readable, or name it in .dockerignore",
            ) from None
    for path in reversed(context.folders):
        shutil.copystat(context.root / path, folder / path)


def _linked(source: Path, target: Path) -> bool:
    try:
        os.link(source, target)
    except OSError:
        return False
    return True
