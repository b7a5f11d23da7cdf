"""What differs between two runs of one image, and therefore proves nothing about another image."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

_BETWEEN_WORDS = re.compile(r"""([\s"'{}\[\](),;<>=&|]+)""")
_LONGEST = 20_000
"""Lines beyond this are not looked at one by one: the text is compared as a whole."""

Line = tuple[str | None, ...] | str | None
"""A line that is the same in all samples; words with None where they differ; None when all of it differs."""


class Masking(NamedTuple):
    """How much of a text was left out of the comparison, in lines."""

    lines: int
    partly: int
    wholly: int

    @property
    def blind(self) -> bool:
        """True when nothing of a text with content was left to compare."""
        return 0 < self.lines == self.wholly

    def __add__(self, other: object) -> Masking:
        """Both texts together."""
        if not isinstance(other, Masking):
            return NotImplemented
        return Masking(self.lines + other.lines, self.partly + other.partly, self.wholly + other.wholly)


class Mask(NamedTuple):
    """What several runs of one image agree on. `ordered` is False when only the set of lines is the same."""

    lines: tuple[Line, ...]
    ordered: bool
    masking: Masking

    @classmethod
    def of(cls, samples: Sequence[str]) -> Mask:
        """The mask that every sample fits; with one sample nothing is masked."""
        split = [sample.split("\n") for sample in samples]
        if any(len(lines) != len(split[0]) for lines in split) or len(split[0]) > _LONGEST:
            return _whole(samples, max(map(len, split)))
        if len({tuple(sorted(lines)) for lines in split}) == 1 and len(set(map(tuple, split))) > 1:
            return cls(tuple(sorted(split[0])), False, Masking(len(split[0]), 0, 0))
        lines = tuple(_line(same_place) for same_place in zip(*split, strict=True))
        partly = sum(isinstance(line, tuple) for line in lines)
        return cls(lines, True, Masking(len(lines), partly, sum(line is None for line in lines)))

    def mismatch(self, text: str) -> str | None:
        """The first place where a text does not fit, as `expected ... got ...`; None when it fits."""
        if self.lines == (None,) and not self.ordered:
            return None
        lines = text.split("\n")
        if not self.ordered:
            lines.sort()
        for number, (expected, got) in enumerate(zip(self.lines, lines, strict=False), 1):
            if not _fits(expected, got):
                return f"line {number}: expected {_show(expected)}, got {_show(got)}"
        if len(lines) != len(self.lines):
            extra = _show(lines[len(self.lines)]) if len(lines) > len(self.lines) else ""
            return f"expected {len(self.lines)} lines, got {len(lines)}" + (f": {extra}" if extra else "")
        return None


def _whole(samples: Sequence[str], lines: int) -> Mask:
    """One unit: compared as it is when all samples are equal, else left out."""
    if len(set(samples)) == 1:
        return Mask(tuple(samples[0].split("\n")), True, Masking(lines, 0, 0))
    return Mask((None,), False, Masking(lines, 0, lines))


def _line(samples: tuple[str, ...]) -> Line:
    if len(set(samples)) == 1:
        return samples[0]
    split = [_BETWEEN_WORDS.split(sample) for sample in samples]
    if len({tuple(words[1::2]) for words in split}) != 1:
        return None
    words = tuple(each[0] if len(set(each)) == 1 else None for each in zip(*split, strict=True))
    return words if any(word for word in words[::2]) else None


def _fits(expected: Line, got: str) -> bool:
    if expected is None:
        return True
    if isinstance(expected, str):
        return expected == got
    words = _BETWEEN_WORDS.split(got)
    return len(words) == len(expected) and all(
        want is None or want == have for want, have in zip(expected, words, strict=True)
    )


def _show(line: Line) -> str:
    text = "".join("..." if word is None else word for word in line) if isinstance(line, tuple) else line
    text = "..." if text is None else text
    return repr(text if len(text) <= 160 else text[:157] + "...")
