"""What a folder passes on to what lies in it, worked out once per folder and without recursion."""

from __future__ import annotations

from collections.abc import Callable
from typing import TypeVar

T = TypeVar("T")


def inherit(known: dict[str, T], folder: str, step: Callable[[str, T], T]) -> T:
    """The value of `folder`, filled into `known`, which must hold the root as "".

    `step(folder, value of its parent)` gives the value of a folder. A tree may be as deep as a path can be
    long.
    """
    missing: list[str] = []
    while folder not in known:
        missing.append(folder)
        folder = folder.rpartition("/")[0]
    value = known[folder]
    for below in reversed(missing):
        value = known[below] = step(below, value)
    return value
