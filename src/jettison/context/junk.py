"""Well-known things in build contexts that no image needs, by the table facts/context-junk.toml."""

from __future__ import annotations

from functools import cache
from itertools import chain
from typing import NamedTuple

from jettison.context.context import Context
from jettison.context.ignore import IgnoreFile
from jettison.context.inherit import inherit


class JunkKind(NamedTuple):
    """One row of the table: `patterns` in `.dockerignore` syntax; `keep_when` says when it must stay, ""
    never.

    With `contains` only files that hold this text count.
    """

    name: str
    group: str
    patterns: tuple[str, ...]
    meaning: str
    secret: bool = False
    contains: str = ""
    keep_when: str = ""


class Junk(NamedTuple):
    """What of one kind is in the context: `paths` are topmost, `bytes` the content of the `files` in them."""

    kind: JunkKind
    paths: tuple[str, ...]
    files: int
    bytes: int


@cache
def junk_kinds() -> tuple[JunkKind, ...]:
    """Every known kind of junk, in the order in which they are tried."""
    from jettison.facts import load

    return tuple(
        JunkKind(**{**row, "patterns": tuple(row["patterns"])}) for row in load("context-junk")["junk"]
    )


def find_junk(context: Context) -> tuple[Junk, ...]:
    """The junk that would be sent to the builder, heaviest first; a path counts for the first kind it
    matches.
    """
    search = _Search(context)
    for file in context.files:
        kind = search.kind_of_folder(file.path.rpartition("/")[0])
        if kind is None:
            kind = search.kind_of(file.path)
            if kind is None:
                continue
            search.tops[kind].append(file.path)
        search.files[kind] += 1
        search.bytes[kind] += file.size
    found = [
        Junk(kind, tuple(search.tops[i]), search.files[i], search.bytes[i])
        for i, kind in enumerate(junk_kinds())
        if search.tops[i]
    ]
    return tuple(sorted(found, key=lambda junk: -junk.bytes))


@cache
def _matchers() -> tuple[IgnoreFile, tuple[IgnoreFile, ...]]:
    """One matcher for all kinds together, which most paths need only, and one for each kind."""
    lines = [kind.patterns for kind in junk_kinds()]
    everything = IgnoreFile.parse("\n".join(chain.from_iterable(lines)).encode())
    return everything, tuple(IgnoreFile.parse("\n".join(patterns).encode()) for patterns in lines)


class _Search:
    def __init__(self, context: Context) -> None:
        self.context = context
        self.tops: list[list[str]] = [[] for _ in junk_kinds()]
        self.files = [0] * len(self.tops)
        self.bytes = [0] * len(self.tops)
        self._folders: dict[str, int | None] = {"": None}

    def kind_of(self, path: str) -> int | None:
        """The number of the first kind that the path itself matches."""
        everything, kinds = _matchers()
        if not everything.below(path)[0]:
            return None
        return next(
            (i for i, ignore in enumerate(kinds) if ignore.below(path)[0] and self._holds(i, path)), None
        )

    def kind_of_folder(self, folder: str) -> int | None:
        """The number of the kind that the folder is, or lies in."""
        return inherit(self._folders, folder, self._folder)

    def _folder(self, folder: str, above: int | None) -> int | None:
        if above is not None:
            return above
        kind = self.kind_of(folder)
        if kind is not None:
            self.tops[kind].append(folder)
        return kind

    def _holds(self, kind: int, path: str) -> bool:
        text = junk_kinds()[kind].contains
        return not text or text.encode() in self.context.read(path, 65536)
