"""The key by which an exported cache knows the files that a COPY, ADD or bind mount takes of a context.

The digests are BuildKit's own (moby/buildkit v0.25: cache/contenthash/checksum.go, filehash.go, tarsum.go,
solver/llbsolver/ops/file.go, opsutils/contenthash.go), so that a cache can be asked whether it was made of
these files. `jettison.cache` has digests of its own, which cost less and only tell whether two trees differ.
"""

from __future__ import annotations

import hashlib
import os
import stat
from bisect import bisect_left
from collections.abc import Callable, Iterator, Sequence
from functools import cached_property
from pathlib import Path
from posixpath import basename
from typing import NamedTuple

from jettison.context.gopath import clean, glob, has_wildcard
from jettison.context.ignore import IgnoreFile
from jettison.context.walk import ContextFile, walk
from jettison.observed.keys import content_record

_CHUNK = 1 << 20
_NOTHING = f"sha256:{hashlib.sha256().hexdigest()}"


class Taken(NamedTuple):
    """One source of an instruction: `path` below the context, and what `--exclude` names."""

    path: str
    exclude: tuple[str, ...] = ()


class Contents:
    """The files of a folder that the builder is sent; each is read once, when it is asked for."""

    def __init__(
        self, root: Path, ignore: IgnoreFile | None = None, modes: Callable[[int], int] = lambda mode: mode
    ) -> None:
        """`modes` makes of the mode of a file or folder the one to count: what another umask would give."""
        walked = walk(str(root), ignore)
        self._root = root
        self._modes = modes
        self._files = {f"/{file.path}": file for file in walked.files}
        self._folders = {"", *(f"/{path}" for path in walked.folders)}
        self._digests: dict[str, str] = {}

    def key(self, sources: Sequence[Taken]) -> str:
        """The digest of the record of these sources; empty when it is not known.

        That is so for links at the top of what is taken, devices, a source that is not there, and a file that
        cannot be read.
        """
        plain = [_clean(each.path) for each in sources if not has_wildcard(each.path) and not each.exclude]
        listed = [each for each in sources if has_wildcard(each.path) or each.exclude]
        try:
            found = [(path, self._whole(path)) for path in _apart(plain)]
            found += [(_clean(each.path), self._list(each)) for each in listed]
        except (OSError, _Unknown):
            return ""
        found.sort(key=lambda item: item[0])
        return content_record("\0".join(digest for _, digest in found))

    def _whole(self, path: str) -> str:
        """The digest of a file, or of a folder with all that is in it."""
        if path in self._folders:
            return self._folder(path)
        if path not in self._files or self._files[path].kind != "file":
            raise _Unknown
        return self._digest(path)

    def _folder(self, path: str) -> str:
        """From the deepest folder up, as a deep tree must not need a deep stack."""
        below = [folder for folder in self._folders if folder == path or folder.startswith(f"{path}/")]
        digests: dict[str, str] = {}
        for folder in sorted(below, key=lambda folder: folder.count("/"), reverse=True):
            found = hashlib.sha256(b"\0" + self._header(folder).encode())
            for child in self._children.get(folder, ()):
                found.update(b"\0" + os.fsencode(basename(child)))
                found.update((digests.get(child) or self._digest(child)).encode())
            digests[folder] = f"sha256:{found.hexdigest()}"
        return digests[path]

    def _list(self, source: Taken) -> str:
        """The digest of what a pattern or `--exclude` leaves: headers of folders, and files."""
        path = _clean(source.path)
        found = list(self._included(path, source))
        if not found:
            return _NOTHING
        if len(found) == 1 and basename(path) == basename(found[0][0]):
            return found[0][1]
        pieces = (os.fsencode(basename(name)) + digest.encode() for name, digest in found)
        return f"sha256:{hashlib.sha256(bytes([0]).join(pieces)).hexdigest()}"

    def _included(self, path: str, source: Taken) -> Iterator[tuple[str, str]]:
        """checksum.go, includedPaths. A folder that is left out counts when something in it is taken."""
        matches = glob(path) if has_wildcard(path) else None
        exclude = IgnoreFile.parse("\n".join(source.exclude).encode("utf-8", "surrogateescape"))
        top = None if matches else path
        if top is not None and top not in self._folders and top not in self._files:
            raise _Unknown
        waiting: list[tuple[str, tuple[bool, ...], bool]] = []
        for name in self._ordered[self._start(path if matches is None else "") :]:
            if matches is not None and (top is None or not name.startswith(f"{top}/")):
                if not matches(name):
                    continue
                top = name
            assert top is not None
            if name != top and not name.startswith(f"{top}/"):
                break
            if name == top == "":
                continue
            while waiting and not name.startswith(f"{waiting[-1][0]}/"):
                waiting.pop()
            handed = waiting[-1][1] if waiting else ()
            left_out, hands = exclude.below(name[len(top) + 1 :], handed) if exclude.lines else (False, ())
            if name in self._folders:
                waiting.append((name, hands, not left_out))
                if left_out:
                    continue
            elif left_out:
                continue
            elif self._files[name].kind == "link" and not waiting:
                raise _Unknown
            for at, (folder, handed, told) in enumerate(waiting):
                if not told:
                    waiting[at] = (folder, handed, True)
                    yield folder, self._header(folder)
            yield name, self._header(name) if name in self._folders else self._digest(name)

    @cached_property
    def _ordered(self) -> list[str]:
        """Every path in BuildKit's order: that of bytes, with the slash as the least of all."""
        return sorted((*self._folders, *self._files), key=_order)

    def _start(self, path: str) -> int:
        return bisect_left(self._ordered, _order(path), key=_order)

    @cached_property
    def _children(self) -> dict[str, list[str]]:
        found: dict[str, list[str]] = {}
        for path in self._ordered:
            if path:
                found.setdefault(path.rpartition("/")[0], []).append(path)
        return found

    def _header(self, folder: str) -> str:
        if not folder:
            return _NOTHING
        if folder not in self._digests:
            mode = (self._root / folder[1:]).lstat().st_mode
            self._digests[folder] = f"sha256:{_tarsum(self._modes(mode), '5').hexdigest()}"
        return self._digests[folder]

    def _digest(self, path: str) -> str:
        if path not in self._digests:
            self._digests[path] = self._read(self._files[path])
        return self._digests[path]

    def _read(self, file: ContextFile) -> str:
        if file.kind == "link":
            return f"sha256:{_tarsum(0o777, '2', link=file.target).hexdigest()}"
        if file.kind != "file":
            raise _Unknown
        with (self._root / file.path).open("rb") as opened:
            found = _tarsum(self._modes(file.mode), "0", os.fstat(opened.fileno()).st_size)
            while piece := opened.read(_CHUNK):
                found.update(piece)
        return f"sha256:{found.hexdigest()}"


class _Unknown(Exception):
    """Something that is not followed here."""


def _tarsum(mode: int, kind: str, size: int = 0, link: str = "") -> hashlib._Hash:
    """The header in version 1 of tarsum, without a name, and with no owner, as a context has none. Extended
    attributes, which count too, are not looked at."""
    lines = (
        ("name", ""),
        ("mode", str(stat.S_IMODE(mode))),
        *(("uid", "0"), ("gid", "0"), ("size", str(size)), ("typeflag", kind), ("linkname", link)),
        *(("uname", ""), ("gname", ""), ("devmajor", "0"), ("devminor", "0")),
    )
    return hashlib.sha256(b"".join(os.fsencode(name + value) for name, value in lines))


def _clean(path: str) -> str:
    """As BuildKit keeps paths: from a slash, without one at the end; the root is empty."""
    return clean(f"/{path}").rstrip("/")


def _apart(paths: list[str]) -> list[str]:
    """Each once, and none that lies in another, when there are several."""
    if len(paths) < 2:
        return paths
    return [path for path in sorted(set(paths)) if not any(path.startswith(f"{other}/") for other in paths)]


def _order(path: str) -> bytes:
    return os.fsencode(path).replace(b"/", b"\0")
