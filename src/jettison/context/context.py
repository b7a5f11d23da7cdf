"""The build context as the builder sees it: one value, walked once, when it is first asked for."""

from __future__ import annotations

import os
import stat
from bisect import bisect_left
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import NamedTuple

from jettison.context.bounded import read_bounded
from jettison.context.gopath import clean
from jettison.context.ignore import IgnoreFile
from jettison.context.links import follow
from jettison.context.walk import ContextFile, Problem, Walked, walk
from jettison.errors import CannotRun

Bytes = bytes  # `Context.bytes` hides the type inside the class
READ_LIMIT = 1_000_000
"""Bytes that `Context.read` returns at most unless asked for more."""


class LeftOut(NamedTuple):
    """What the ignore file keeps from the builder: topmost paths, and the files and bytes in them."""

    paths: tuple[str, ...]
    files: int
    bytes: int


@dataclass(frozen=True)
class Context:
    """A folder with its ignore file. Paths are relative to `root`, with `/`, as in COPY."""

    root: Path
    ignore: IgnoreFile | None = None

    @property
    def files(self) -> tuple[ContextFile, ...]:
        """Everything but folders that the builder would be sent by `COPY . .`, sorted by path."""
        return self._walked.files

    @property
    def folders(self) -> tuple[str, ...]:
        """The folders sent, empty ones included, sorted by path."""
        return self._walked.folders

    @property
    def bytes(self) -> int:
        """Content of all files, in bytes."""
        return self._walked.bytes

    @property
    def problems(self) -> tuple[Problem, ...]:
        """What stops the builder: unreadable files and folders, links that lead in a circle."""
        loops = [
            Problem(path, "the symbolic link leads in a circle")
            for path in self._links
            if self._follow(path) is None
        ]
        return tuple(sorted((*self._walked.problems, *loops)))

    @cached_property
    def left_out(self) -> LeftOut:
        """What is ignored; a second, plain walk over those paths, done when first asked for."""
        files = size = 0
        for path in self._walked.ignored:
            for found in everything(f"{self.root}/{path}", path):
                if found.path not in self._by_path:
                    files += 1
                    size += found.size
        return LeftOut(self._walked.ignored, files, size)

    def heaviest(self, n: int = 10) -> list[tuple[str, int]]:
        """The `n` top-level folders and files with most bytes, heaviest first."""
        sizes: dict[str, int] = {}
        for file in self.files:
            top = file.path.partition("/")[0]
            sizes[top] = sizes.get(top, 0) + file.size
        return sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:n]

    def exists(self, path: str) -> bool:
        """True when the builder has this file, link or folder; links on the way are followed inside the
        context.
        """
        path = _inside(path)
        followed = self._follow(path)
        return not path or path in self._by_path or (followed is not None and self._has(followed))

    def match(self, source: str, exclude: Sequence[str] = ()) -> tuple[ContextFile, ...]:
        """The files that a COPY or ADD source takes, sorted by path; () when the builder would find none.

        A folder stands for all that lies in it, globs are Go's `filepath.Match`, a leading `/` or `../` means
        the root of the context, and a link named by the source is followed while links below a folder stay
        links. `exclude` holds the values of `--exclude`; they speak about paths below each folder taken,
        never about a file that the source names itself. `--parents` is not modelled: it changes where files
        go, and splits at `/./`.
        """
        from jettison.context.copies import take

        return take(self, source, tuple(exclude))

    def under(self, folder: str) -> tuple[ContextFile, ...]:
        """The files below a folder of the context, "" for the root; links are not followed."""
        if not folder:
            return self.files
        paths = self._paths
        return self.files[bisect_left(paths, folder + "/") : bisect_left(paths, folder + "0")]

    def read(self, path: str, limit: int = READ_LIMIT) -> Bytes:
        """The first `limit` bytes of a file below `root`, ignored or not.

        b"" for what is missing, unreadable, no regular file, or reached by a link that leaves `root`.
        """
        base = os.path.realpath(self.root)
        try:
            real = os.path.realpath(os.path.join(base, _inside(path)))
        except (OSError, ValueError):
            return b""
        inside = real.startswith(base.rstrip("/") + "/")
        return (read_bounded(real, limit) if inside else None) or b""

    @cached_property
    def _walked(self) -> Walked:
        return walk(str(self.root), self.ignore)

    @cached_property
    def _paths(self) -> list[str]:
        return [file.path for file in self.files]

    @cached_property
    def _by_path(self) -> dict[str, ContextFile]:
        return {file.path: file for file in self.files}

    @cached_property
    def _folder_set(self) -> frozenset[str]:
        return frozenset(self.folders)

    @cached_property
    def _links(self) -> dict[str, str]:
        return {file.path: file.target for file in self.files if file.kind == "link"}

    def _has(self, path: str) -> bool:
        return not path or path in self._by_path or path in self._folder_set

    def _follow(self, path: str) -> str | None:
        """The path with every link on the way resolved, as in a root file system of its own; None in a
        circle.
        """
        return follow(path, self._links)


def read_context(root: Path, dockerfile: Path | None = None) -> Context:
    """The context in folder `root`, with the ignore file that belongs to `dockerfile`; nothing is walked yet.

    Raises CannotRun when `root` is no folder that can be read.
    """
    try:
        os.scandir(root).close()
    except OSError as error:
        raise CannotRun(
            f"{root}: the build context cannot be read: {error.strerror}",
            "name a folder that exists and is readable",
        ) from None
    return Context(root, IgnoreFile.find(root, dockerfile))


def _inside(path: str) -> str:
    """The path below the root that the builder makes of any path: `/a`, `./a` and `../a` are all `a`."""
    return clean("/" + path)[1:]


def everything(real: str, path: str) -> list[ContextFile]:
    """All files at or below a place on disk, ignored or not, with their paths below `path`."""
    try:
        status = os.lstat(real)
    except OSError:
        return []
    if stat.S_ISDIR(status.st_mode):
        return [f._replace(path=f"{path}/{f.path}") for f in walk(real, None).files]
    return [ContextFile(path, status.st_size if stat.S_ISREG(status.st_mode) else 0, status.st_mode, "file")]
