"""Why Docker refuses an instruction, in words.

Source of the conditions: BuildKit `frontend/dockerfile/parser` and `frontend/dockerfile/instructions/parse.go`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jettison.dockerfile.instruction import Instruction


def explain(instruction: Instruction) -> str | None:
    """What is wrong with one instruction by itself; None when Docker accepts its form."""
    return None
