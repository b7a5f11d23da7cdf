"""One walk over a build context: what the builder is sent, what it is not, and what it could not read."""

from __future__ import annotations

import os
import stat
from typing import NamedTuple

from jettison.context.ignore import IgnoreFile


class ContextFile(NamedTuple):
    """One thing sent to the builder: `kind` is "file", "link" or "other" (fifo, device: its entry, no
    content).

    `path` is relative to the context with `/`; `size` in bytes is 0 for what is no regular file; `mode` is
    the whole st_mode; `target` is set for links only.
    """

    path: str
    size: int
    mode: int
    kind: str
    target: str = ""


class Problem(NamedTuple):
    """A path of the context that the builder would fail on, and why."""

    path: str
    message: str


class Walked(NamedTuple):
    """The whole context: `files` and `folders` sorted by path, `ignored` the topmost paths that stay behind.

    `bytes` counts the content of a file with several hard links once, as the transfer does.
    """

    files: tuple[ContextFile, ...]
    folders: tuple[str, ...]
    ignored: tuple[str, ...]
    problems: tuple[Problem, ...]
    bytes: int


def walk(root: str, ignore: IgnoreFile | None) -> Walked:
    """Walk `root` as the builder's client does (fsutil): links are sent as links, excluded folders are not
    entered.

    Never raises for what lies below `root`: that becomes a Problem. Sockets are not listed.
    """
    walker = _Walk(root, ignore)
    walker.run()
    return Walked(
        tuple(sorted(walker.files)),
        tuple(sorted(walker.folders)),
        tuple(sorted(walker.ignored)),
        tuple(sorted(walker.problems)),
        walker.bytes,
    )


class _Walk:
    def __init__(self, root: str, ignore: IgnoreFile | None) -> None:
        self.root = root
        self.ignore = ignore
        self.files: list[ContextFile] = []
        self.folders: set[str] = set()
        self.ignored: list[str] = []
        self.problems: list[Problem] = []
        self.bytes = 0
        self._hard_links: set[tuple[int, int]] = set()
        self._pending: list[tuple[str, tuple[bool, ...], bool]] = [("", (), False)]
        self._root_user = not hasattr(os, "geteuid") or os.geteuid() == 0

    def run(self) -> None:
        while self._pending:
            folder, handed_down, left_out = self._pending.pop()
            try:
                with os.scandir(f"{self.root}/{folder}") as entries:
                    listed = list(entries)
            except OSError as error:
                if not left_out:
                    self.problems.append(
                        Problem(folder or ".", f"the folder cannot be read: {error.strerror}")
                    )
                continue
            self._folder(folder, listed, handed_down, left_out)

    def _folder(
        self, folder: str, listed: list[os.DirEntry[str]], handed_down: tuple[bool, ...], left_out: bool
    ) -> None:
        prefix = folder + "/" if folder else ""
        ignore = self.ignore
        before = len(self.files) + len(self.folders)
        excluded, inherited = False, handed_down
        for entry in listed:
            path = prefix + entry.name
            if ignore is not None:
                excluded, inherited = ignore.below(path, handed_down)
            try:
                is_dir = entry.is_dir(follow_symlinks=False)
                if excluded:
                    if not left_out:
                        self.ignored.append(path)
                    if is_dir and ignore is not None and ignore.may_bring_back(path):
                        self._pending.append((path, inherited, True))
                elif is_dir:
                    self.folders.add(path)
                    self._pending.append((path, inherited, False))
                else:
                    self._file(path, entry)
            except OSError as error:
                self.problems.append(Problem(path, f"it cannot be read: {error.strerror}"))
        if left_out and len(self.files) + len(self.folders) > before:
            self._bring_back_parents(folder)

    def _file(self, path: str, entry: os.DirEntry[str]) -> None:
        status = entry.stat(follow_symlinks=False)
        mode = status.st_mode
        if not stat.S_ISREG(mode):
            if stat.S_ISLNK(mode):
                self.files.append(ContextFile(path, 0, mode, "link", os.readlink(entry.path)))
            elif not stat.S_ISSOCK(mode):
                self.files.append(ContextFile(path, 0, mode, "other"))
            return
        self.files.append(ContextFile(path, status.st_size, mode, "file"))
        if not self._root_user and mode & 0o444 != 0o444 and not _readable(entry.path):
            self.problems.append(Problem(path, "the file cannot be read: Permission denied"))
        if status.st_nlink > 1:
            if (status.st_dev, status.st_ino) in self._hard_links:
                return
            self._hard_links.add((status.st_dev, status.st_ino))
        self.bytes += status.st_size

    def _bring_back_parents(self, folder: str) -> None:
        """An excluded folder is sent after all, without the rest of its content, when something in it is
        sent.
        """
        while folder and folder not in self.folders:
            self.folders.add(folder)
            folder = folder.rpartition("/")[0]


def _readable(path: str) -> bool:
    return os.access(path, os.R_OK, effective_ids=os.access in os.supports_effective_ids)
