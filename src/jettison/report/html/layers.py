"""The layers of an image, found again on the lines of the Dockerfile that made them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from jettison.build.record import BuildRecord, Step


def bytes_by_line(record: BuildRecord, layers: Sequence[tuple[str, int]]) -> dict[int, int]:
    """Uncompressed bytes by the line on which a step of the exported stage begins; its FROM has those of its
    base image. `layers` are what made each and its bytes, from the bottom.

    Nothing where steps and layers do not fit together: the last layers are those of the last stage that was
    built, one for each of its steps, and the history of the image names their instructions.
    """
    stage = max(record.steps, key=lambda step: step.lines[:1], default=None)
    if stage is None or not stage.lines:
        return {}
    own = [step for step in record.steps if step.stage == stage.stage and step.lines]
    base = [step for step in own if _keyword(step) == "FROM"]
    # `LINK COPY` puts the layer of its `COPY --link` in place and makes none
    making = [step for step in own if _keyword(step) not in ("FROM", "LINK")]
    if len(making) > len(layers) or len(base) > 1:
        return {}
    below, above = layers[: len(layers) - len(making)], layers[len(layers) - len(making) :]
    pairs = list(zip(making, above, strict=True))
    if any(text.partition(" ")[0] != _keyword(step) for step, (text, _) in pairs):
        return {}
    found = {step.lines[0]: size for step, (_, size) in pairs}
    if base:
        found[base[0].lines[0]] = sum(size for _, size in below)
    return found


def _keyword(step: Step) -> str:
    return step.instruction.partition(" ")[0]
