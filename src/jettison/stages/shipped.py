"""What the commands of an SDK make, and what of it the runtime stage takes."""

from __future__ import annotations

from typing import NamedTuple


class Ran(NamedTuple):
    """A command of the SDK: the absolute folder that it runs in, and its words; `line` is that of its RUN."""

    workdir: str
    words: tuple[str, ...]
    line: int

    @property
    def text(self) -> str:
        """The words as one line."""
        return " ".join(self.words)


class Moved(NamedTuple):
    """Where a `cp` or `mv` takes one file from, "" for several; `line` is that of its RUN."""

    source: str
    line: int


class Shipped(NamedTuple):
    """The absolute paths that the runtime stage takes, its image, and the `lines` that make
    that image as the SDK's is."""

    paths: tuple[str, ...]
    image: str
    lines: tuple[str, ...] = ()
