"""What a COPY, ADD or bind mount takes from a tree, and the digest of it by which BuildKit knows it again.

Follows BuildKit's cache/contenthash/checksum.go: bytes, modes and the names below the source count, where it
lies does not. The digests here are not BuildKit's: they are sums over the files, so that one changed file
costs one addition, and are equal where BuildKit's are.
"""

from __future__ import annotations

import posixpath
import stat
from collections.abc import Iterator, Mapping
from hashlib import blake2b
from typing import NamedTuple

from jettison.cache.tree import Entry, Tree
from jettison.context.gopath import Predicate, clean, glob, has_wildcard
from jettison.context.ignore import IgnoreFile
from jettison.context.inherit import inherit
from jettison.context.links import follow

_FOLDER = stat.S_IFDIR | 0o755


class Source(NamedTuple):
    """One source as it is asked for: a path below the root of a context or stage, wildcards as in COPY.

    `parents` keeps the whole path in the names, as `COPY --parents` does.
    """

    path: str
    exclude: tuple[str, ...] = ()
    parents: bool = False


class Placer:
    """Under which name the files of a tree count for one source."""

    def __init__(self, source: Source, links: Mapping[str, str]) -> None:
        """`links` are the symbolic links of the tree with their targets: those that the source names are
        followed."""
        path = clean("/" + source.path.replace("/./", "/" if source.parents else "/./"))[1:]
        parts = path.split("/") if path else []
        wild = next((i for i, part in enumerate(parts) if has_wildcard(part)), None)
        named = "/".join(parts if wild is None else parts[:wild])
        found = follow(named, links)
        self.base = named if found is None else found
        self.flat = wild is not None or bool(source.exclude) or source.parents
        """Names are listed with their paths; otherwise one file is known by its content alone."""
        self._depth = 0 if wild is None else len(parts) - wild
        self.is_pattern = wild is not None
        self._matches: Predicate | None = None if wild is None else glob("/".join(parts[wild:]))
        self._name = parts[-1] if parts else ""
        self._exclude = IgnoreFile.parse("\n".join(source.exclude).encode("utf-8", "surrogateescape"))
        self.keeps_path = source.parents
        """The names are whole paths."""

    def place(self, path: str) -> str | None:
        """The name of a file or folder below the source, "" for the source itself; None when it is not
        taken."""
        base = self.base
        if base and path != base and not path.startswith(base + "/"):
            return None
        below = path[len(base) + 1 :] if base else path
        inside = below
        if self._matches is not None:
            parts = below.split("/")
            if len(parts) < self._depth or not self._matches("/".join(parts[: self._depth])):
                return None
            inside = "/".join(parts[self._depth :])
        if self._exclude.lines and inside and self._exclude.excludes(inside):
            return None
        return path if self.keeps_path else below

    def is_same_name(self, name: str) -> bool:
        """True when the one match of a pattern is called as the pattern is, which leaves its content alone to
        count."""
        return posixpath.basename(name or self.base) == self._name


class Selected:
    """What one source takes, kept up to date file by file."""

    def __init__(self, placer: Placer) -> None:
        self.placer = placer
        self.files: dict[str, Entry] = {}
        """By the name below the source."""
        self.folders: dict[str, int] = {}
        self._sum = 0

    def put(self, name: str, entry: Entry | None) -> None:
        """A file is there with this mode and content, or no more."""
        old = self.files.pop(name, None)
        if old is not None:
            self._sum -= _weight(name, old.mode, old.digest)
        if entry is not None:
            self.files[name] = entry
            self._sum += _weight(name, entry.mode, entry.digest)

    def put_folder(self, name: str, mode: int | None) -> None:
        """A folder is there with this mode, or no more; the mode of the source itself does not count."""
        old = self.folders.pop(name, None)
        if old is not None and name:
            self._sum -= _weight(name + "/", old, "")
        if mode is not None:
            self.folders[name] = mode
            if name:
                self._sum += _weight(name + "/", mode, "")

    @property
    def found(self) -> bool:
        """True when the builder finds the source; a pattern may match nothing (AllowEmptyWildcard)."""
        return bool(self.files or self.folders) or self.placer.is_pattern

    @property
    def digest(self) -> str:
        """Equal for equal content; "" where nothing is found."""
        if not self.found:
            return ""
        if len(self.files) == 1 and not self.folders:
            ((name, entry),) = self.files.items()
            if (name == "" and not self.placer.flat) or (self.placer.flat and self.placer.is_same_name(name)):
                return f"file {entry.mode:o} {entry.digest}"
        return f"{'list' if self.placer.flat else 'tree'} {self._sum % (1 << 128):x}"


class Snapshot:
    """A tree at one moment, as some sources see it; `change` moves it on, file by file."""

    def __init__(
        self, sources: tuple[Source, ...], ignore: IgnoreFile | None, links: Mapping[str, str]
    ) -> None:
        self.selected = tuple(Selected(Placer(source, links)) for source in sources)
        self._ignore = ignore
        self._handed: dict[str, tuple[bool, ...]] = {"": ()}
        self._places: dict[str, tuple[tuple[Selected, str], ...]] = {}
        self._sent: dict[str, bool] = {}
        self._counts: dict[str, int] = {}

    def change(self, path: str, entry: Entry | None, was_there: bool) -> None:
        """A file has another mode or content; None: it is gone."""
        if self.is_sent(path):
            for selected, name in self._placed(path):
                selected.put(name, entry)
        if (entry is not None) != was_there:
            self._count(path, 1 if entry is not None else -1)

    def folder(self, path: str, mode: int) -> None:
        """A folder that is there of itself, empty or not, with its mode."""
        if self.is_sent(path):
            for selected, name in self._placed(path):
                selected.put_folder(name, mode)

    def is_sent(self, path: str) -> bool:
        """False for what the ignore file keeps from the builder."""
        if self._ignore is None:
            return True
        known = self._sent.get(path)
        if known is None:
            ignore = self._ignore
            above = inherit(
                self._handed, path.rpartition("/")[0], lambda folder, up: ignore.below(folder, up)[1]
            )
            known = self._sent[path] = not ignore.below(path, above)[0]
        return known

    def _placed(self, path: str) -> tuple[tuple[Selected, str], ...]:
        found = self._places.get(path)
        if found is None:
            named = ((selected, selected.placer.place(path)) for selected in self.selected)
            found = self._places[path] = tuple((s, name) for s, name in named if name is not None)
        return found

    def _count(self, path: str, more: int) -> None:
        """Folders come and go with what lies in them; an ignored one is sent when something in it is."""
        sent = self.is_sent(path)
        folder = path.rpartition("/")[0]
        while True:
            if sent or self.is_sent(folder):
                before = self._counts.get(folder, 0)
                self._counts[folder] = before + more
                if (before == 0) != (before + more == 0):
                    for selected, name in self._placed(folder):
                        selected.put_folder(name, _FOLDER if before == 0 else None)
            if not folder:
                return
            folder = folder.rpartition("/")[0]


def snapshot(
    tree: Tree, ignore: IgnoreFile | None, sources: tuple[Source, ...], links: Mapping[str, str] | None = None
) -> Snapshot:
    """A whole tree as the sources see it."""
    taken = Snapshot(sources, ignore, links or {})
    for path, entry in tree.files.items():
        taken.change(path, entry, was_there=False)
    for path, mode in tree.folders.items():
        taken.folder(path, mode)
    return taken


def changes(before: Selected, after: Selected) -> Iterator[tuple[str, Entry | None, Entry | None]]:
    """The files that differ, by their path in the context, with what they were and are; folders end in
    `/`."""
    above = "" if after.placer.keeps_path else after.placer.base
    for name in sorted(before.files.keys() | after.files.keys()):
        old, new = before.files.get(name), after.files.get(name)
        if old != new or (old is not None and not old.digest):
            yield posixpath.join(above, name) if name else above, old, new
    told = before.files.keys() ^ after.files.keys()
    for name in sorted(before.folders.keys() | after.folders.keys()):
        if any(file.startswith(name + "/") for file in told):  # it came or went with what is in it
            continue
        modes = before.folders.get(name), after.folders.get(name)
        if modes[0] != modes[1] and name:
            old, new = (None if mode is None else Entry(mode, "") for mode in modes)
            yield posixpath.join(above, name) + "/", old, new


def _weight(name: str, mode: int, digest: str) -> int:
    text = f"{name}\0{mode:o}\0{digest}".encode("utf-8", "surrogateescape")
    return int.from_bytes(blake2b(text, digest_size=16).digest(), "big")
