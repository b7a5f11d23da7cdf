"""Files of packages that go: what the package managers' own books of before say, and nothing wider."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from functools import cached_property

from jettison.image import Tree

_LISTS = "/var/lib/dpkg/info"
"""A `.list` with the paths, and maintainer scripts, of every package of dpkg (dpkg(1), FILES)."""
_APK = ("/lib/apk/db/installed", "/usr/lib/apk/db/installed")
"""Every package of apk with its files (apk-tools, doc/apk-package.5); the second since Alpine 3.23."""
_SCRIPTS = (".preinst", ".postinst", ".prerm", ".postrm", ".config")
_PATH = re.compile(r"/[\w.+/-]+[\w+]")
_COMPILED = re.compile(r"(.*)/__pycache__/([^/]+?)\.[\w-]+(?:\.opt-\d)?\.pyc$")

ReadFolder = Callable[[str, str], Mapping[str, bytes]]
"""The files of one folder of an image, by name: called with `before` or the name of the image after."""


class Books:
    """What packages of the image before own, read when the first difference asks for it."""

    def __init__(self, before: Tree, read: ReadFolder) -> None:
        """`read` may answer with an empty mapping for a folder that is not there."""
        self._before, self._read = before, read

    @cached_property
    def _dpkg(self) -> Mapping[str, bytes]:
        return self._read("before", _LISTS) if _LISTS in self._before else {}

    def gone(self, after: Tree, name: str) -> Callable[[str], bool]:
        """A test: is a path of before a file of a package that the image `name` no longer has?

        A file counts as a package's when its list names it or one of its maintainer scripts does, when it is
        the compiled form of a module that its list names, or a symbolic link that leads to such a file (what
        update-alternatives, update-rc.d and systemctl make).
        """
        found: frozenset[str] | None = None

        def owned(path: str, hops: int = 5) -> bool:
            nonlocal found
            if found is None:
                found = frozenset(self._places({*self._of_dpkg(after), *self._of_apk(after, name)}))
            compiled = _COMPILED.match(path)
            if path in found or (compiled is not None and f"{compiled[1]}/{compiled[2]}.py" in found):
                return True
            entry = self._before.get(path)
            if entry is None or entry.kind != "link" or not hops:
                return False
            return owned(posixpath.normpath(posixpath.join(posixpath.dirname(path), entry.link)), hops - 1)

        return owned

    def _of_dpkg(self, after: Tree) -> Iterator[str]:
        for file, content in self._dpkg.items():
            package, dot, kind = file.rpartition(".")
            if f"{_LISTS}/{package}.list" in after:
                continue
            text = content.decode("utf-8", "replace")
            if kind == "list":
                yield from text.splitlines()
            elif dot + kind in _SCRIPTS:
                yield from _PATH.findall(text)

    def _of_apk(self, after: Tree, name: str) -> Iterator[str]:
        book = next((path for path in _APK if path in self._before and path in after), "")
        if not book or self._before[book] == after[book]:
            return
        folder, file = posixpath.split(book)
        old, new = (apk_files(self._read(who, folder).get(file, b"")) for who in ("before", name))
        for package in old.keys() - new.keys():
            yield from old[package]

    def _places(self, paths: Iterable[str]) -> Iterator[str]:
        """The paths as the tree has them, `/lib/x` as `/usr/lib/x` where `/lib` is a link."""
        for path in paths:
            yield path
            top, slash, rest = path[1:].partition("/")
            entry = self._before.get(f"/{top}")
            if slash and entry is not None and entry.kind == "link":
                yield posixpath.normpath(posixpath.join("/", entry.link, rest))


def apk_files(book: bytes) -> dict[str, list[str]]:
    """The paths of every package in a book of apk: P the package, F a folder, R a file in it."""
    found: dict[str, list[str]] = {}
    paths: list[str] = []
    folder = ""
    for line in book.decode("utf-8", "replace").splitlines():
        key, _, value = line.partition(":")
        if key == "P":
            paths = found.setdefault(value, [])
        elif key == "F":
            folder = f"/{value}" if value else ""
            paths.append(folder or "/")
        elif key == "R":
            paths.append(f"{folder}/{value}")
    return found
