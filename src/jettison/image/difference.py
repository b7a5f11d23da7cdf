"""Two file trees compared: what a user of the image could notice. Times are ignored."""

from __future__ import annotations

from typing import NamedTuple

from jettison.image.model import Tree


class Difference(NamedTuple):
    """One path that is not the same in both trees."""

    path: str
    kind: str
    """`vanished`, `appeared` or `changed`."""
    what: str
    """For `changed`: what differs, as in `content, mode 755 -> 644`."""


def compare(before: Tree, after: Tree) -> tuple[Difference, ...]:
    """Every path that differs, sorted by path."""
    raise NotImplementedError
