"""A proof in the format `text`: its table as the proof writes it, with the eye led to what matters."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.proof.table import text
from jettison.report.style import Style, visible

if TYPE_CHECKING:
    from jettison.proof import Proof

_GOOD = ("smaller", "faster", ": same", "proved: ")
_BAD = ("bigger", "slower", "DIFFERENT", "NOT ALLOWED", "FAILS", "dropped ", "not proved")


def proved(proof: Proof, style: Style) -> Iterator[str]:
    """The table of sizes and times, what was compared, and the verdict."""
    for number, line in enumerate(text(proof).splitlines()):
        yield f"{_painted(visible(line), style, heading=number == 0)}\n"


def _painted(line: str, style: Style, heading: bool) -> str:
    if heading:
        return style.bold(line)
    if any(word in line for word in _BAD):
        return style.red(line)
    return style.green(line) if any(word in line for word in _GOOD) else line
