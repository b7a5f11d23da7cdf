"""Well-known things in build contexts that no image needs, by the table facts/context-junk.toml."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from jettison.context.context import Context
from jettison.context.ignore import IgnoreFile


class JunkKind(NamedTuple):
    """One row of the table: `patterns` in `.dockerignore` syntax, `keep_when` says when it must stay (""
    never).
    """

    name: str
    group: str
    patterns: tuple[str, ...]
    meaning: str
    secret: bool
    keep_when: str


class Junk(NamedTuple):
    """What of one kind is in the context: `paths` are topmost, `bytes` the content of the `files` in them."""

    kind: JunkKind
    paths: tuple[str, ...]
    files: int
    bytes: int


@cache
def junk_kinds() -> tuple[JunkKind, ...]:
    """Every known kind of junk."""
    from jettison.facts import load

    return tuple(
        JunkKind(
            row["name"],
            row["group"],
            tuple(row["patterns"]),
            row["meaning"],
            row.get("secret", False),
            row.get("keep_when", ""),
        )
        for row in load("context-junk")["junk"]
    )


def find_junk(context: Context) -> tuple[Junk, ...]:
    """The junk that would be sent to the builder, heaviest first; each file counts for the first kind it
    matches.
    """
    matchers = [(kind, IgnoreFile.parse("\n".join(kind.patterns).encode())) for kind in junk_kinds()]
    folders: dict[str, int | None] = {"": None}
    tops: list[dict[str, None]] = [{} for _ in matchers]
    counts = [[0, 0] for _ in matchers]

    def first(path: str) -> int | None:
        return next((i for i, (_, ignore) in enumerate(matchers) if ignore.below(path)[0]), None)

    def kind_of(folder: str) -> int | None:
        if folder not in folders:
            inherited = kind_of(folder.rpartition("/")[0])
            folders[folder] = first(folder) if inherited is None else inherited
            if inherited is None and folders[folder] is not None:
                tops[folders[folder] or 0][folder] = None
        return folders[folder]

    for file in context.files:
        kind = kind_of(file.path.rpartition("/")[0])
        if kind is None:
            kind = first(file.path)
            if kind is None:
                continue
            tops[kind][file.path] = None
        counts[kind][0] += 1
        counts[kind][1] += file.size
    found = [
        Junk(kind, tuple(top), files, size)
        for (kind, _), top, (files, size) in zip(matchers, tops, counts, strict=True)
        if top
    ]
    return tuple(sorted(found, key=lambda junk: -junk.bytes))
