"""Two file trees compared: what a user of the image could notice. Times are ignored."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jettison.image.model import Entry, Tree


class Difference(NamedTuple):
    """One path that is not the same in both trees."""

    path: str
    kind: str
    """`vanished`, `appeared` or `changed`."""
    what: str
    """Of a `changed` path what differs, as in `content, mode 755 -> 644`; of the others the kind of entry."""


def compare(before: Tree, after: Tree) -> tuple[Difference, ...]:
    """Every path that differs, sorted by path."""
    return tuple(_differences(before, after))


def _differences(before: Tree, after: Tree) -> Iterator[Difference]:
    for path in sorted(before.keys() | after.keys()):
        old, new = before.get(path), after.get(path)
        if old == new:
            continue
        if new is None and old is not None:
            yield Difference(path, "vanished", old.kind)
        elif old is None and new is not None:
            yield Difference(path, "appeared", new.kind)
        elif old is not None and new is not None:
            yield Difference(path, "changed", ", ".join(_changes(old, new)))


def _changes(old: Entry, new: Entry) -> Iterator[str]:
    if old.kind != new.kind:
        yield f"{old.kind} -> {new.kind}"
        return
    if (old.digest, old.size) != (new.digest, new.size):
        yield "content" if old.size == new.size else f"content ({old.size} -> {new.size} bytes)"
    if old.link != new.link:
        yield f"target {old.link} -> {new.link}"
    if old.mode != new.mode:
        yield f"mode {old.mode:o} -> {new.mode:o}"
    if (old.uid, old.gid) != (new.uid, new.gid):
        yield f"owner {old.uid}:{old.gid} -> {new.uid}:{new.gid}"
    if old.xattrs != new.xattrs:
        names = {name for name, _ in set(old.xattrs) ^ set(new.xattrs)}
        yield f"extended attributes {', '.join(sorted(names))}"
