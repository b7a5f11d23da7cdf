"""The files of a build context, wherever they are: in a folder, in a git tree, in a recorded manifest."""

from __future__ import annotations

import hashlib
import os
import stat
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import NamedTuple

from jettison.context.ignore import IgnoreFile
from jettison.context.walk import walk

_CHUNK = 1 << 20


class Entry(NamedTuple):
    """What BuildKit's content digest knows of one file: no time, no owner (contenthash/filehash.go)."""

    mode: int
    """Kind and permission bits, as in st_mode; of a link only the kind."""
    digest: str
    """Git's name of the content: SHA-1 of `blob SIZE NUL CONTENT`, of a link's target for a link. Empty when
    it was not read, which equals nothing."""


@dataclass(frozen=True)
class Tree:
    """Every file below the root of a context, ignored or not, and its folders with their mode.

    `label` says where it was read: `commit 1a2b3c4`, a folder.
    """

    files: Mapping[str, Entry]
    folders: Mapping[str, int] = field(default_factory=dict)
    label: str = ""


def folder_tree(root: Path, ignore: IgnoreFile | None = None) -> Tree:
    """The tree of a folder; with `ignore`, only what the builder is sent, which saves reading the rest.

    A file that cannot be read has an empty digest.
    """
    walked = walk(str(root), ignore)
    files = {}
    for file in walked.files:
        if file.kind == "link":
            files[file.path] = Entry(stat.S_IFLNK, blob_name(os.fsencode(file.target)))
        else:
            files[file.path] = Entry(file.mode, _digest(root / file.path) if file.kind == "file" else "")
    folders = {path: _mode(root / path) for path in walked.folders}
    return Tree(files, folders, str(root))


def blob_name(content: bytes) -> str:
    """Git's name of these bytes."""
    return hashlib.sha1(b"blob %d\0" % len(content) + content, usedforsecurity=False).hexdigest()


def _digest(path: Path) -> str:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
            found = hashlib.sha1(b"blob %d\0" % size, usedforsecurity=False)
            while piece := file.read(_CHUNK):
                found.update(piece)
            return found.hexdigest()
    except OSError:
        return ""


def _mode(path: Path) -> int:
    try:
        return path.lstat().st_mode
    except OSError:
        return stat.S_IFDIR | 0o755


def folder_links(root: Path, tree: Tree) -> dict[str, str]:
    """The symbolic links of a tree that was read from a folder, with their targets."""
    links = {}
    for path, entry in tree.files.items():
        if stat.S_ISLNK(entry.mode):
            try:
                links[path] = os.readlink(root / path)
            except OSError:
                continue
    return links
