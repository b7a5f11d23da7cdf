"""Which files of the context a COPY or ADD source takes.

Follows BuildKit: solver/llbsolver/file/backend.go (`docopy`, wildcards on, links followed) over fsutil's
copy/copy.go (`ResolveWildcards`, `copy`).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.context.gopath import clean, glob, has_wildcard
from jettison.context.ignore import IgnoreFile
from jettison.context.inherit import inherit

if TYPE_CHECKING:
    from jettison.context.context import Context
    from jettison.context.walk import ContextFile


def take(context: Context, source: str, exclude: tuple[str, ...]) -> tuple[ContextFile, ...]:
    """See Context.match."""
    taken: dict[str, ContextFile] = {}
    for path in _sources(context, source):
        for file in _copied(context, path, exclude):
            taken[file.path] = file
    return tuple(taken[path] for path in sorted(taken))


def _sources(context: Context, source: str) -> Iterator[str]:
    parts = clean("/" + source)[1:].split("/")
    wild = next((i for i, part in enumerate(parts) if has_wildcard(part)), None)
    if wild is None:
        yield "/".join(parts)
        return
    base = context._follow("/".join(parts[:wild]))
    if base is None:
        return
    matches = glob("/".join(parts[wild:]))
    skip = len(base) + 1 if base else 0
    for folder in context.folders:
        if folder.startswith(base + "/" if base else "") and matches(folder[skip:]):
            yield folder
    for file in context.under(base):
        if matches(file.path[skip:]):
            yield file.path


def _copied(context: Context, path: str, exclude: tuple[str, ...]) -> Iterator[ContextFile]:
    followed = context._follow(path)
    if followed is None:
        return
    file = context._by_path.get(followed)
    if file is not None:
        yield file
    elif context._has(followed):
        yield from _folder(context, followed, exclude)


def _folder(context: Context, folder: str, exclude: tuple[str, ...]) -> Iterator[ContextFile]:
    files = context.under(folder)
    if not exclude:
        yield from files
        return
    patterns = IgnoreFile.parse("\n".join(exclude).encode("utf-8", "surrogateescape"))
    skip = len(folder) + 1 if folder else 0
    handed_down: dict[str, tuple[bool, ...]] = {"": ()}
    for file in files:
        path = file.path[skip:]
        above = inherit(handed_down, path.rpartition("/")[0], lambda f, up: patterns.below(f, up)[1])
        if not patterns.below(path, above)[0]:
            yield file
