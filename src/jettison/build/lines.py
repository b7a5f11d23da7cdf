"""From the name of a step, `[builder 2/5] RUN make`, to the lines of the Dockerfile that it stands on.

The builder would tell, in its provenance, but asking it for that is not harmless: see
`jettison.build.metadata`.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from jettison.dockerfile import Instruction, Stage, parse

_NAME = re.compile(r"\[(?:[\w.-]+/[\w./-]+ )?(?:(\S+) )? *(\d+)/(\d+)\] (?:LINK )?(?:ONBUILD )?(\S+)")
_STEPS = ("WORKDIR", "COPY", "ADD", "RUN")
"""Instructions that BuildKit counts and makes a vertex of (frontend/dockerfile/dockerfile2llb/convert.go)."""


def locator(source: bytes) -> Callable[[str], tuple[int, ...]]:
    """A function from the name of a step to its lines, from 1; no lines for a step that is not found beyond
    doubt.

    That is so for the steps of a stage whose base image has ONBUILD triggers, which shift the numbers; those
    that a stage of the file leaves to another are known.
    """
    stages = parse(source).stages
    by_name = {f"stage-{stage.index}": stage for stage in stages} | {s.name: s for s in stages if s.name}

    def lines(name: str) -> tuple[int, ...]:
        match = _NAME.match(name)
        if match is None:
            return ()
        stage = by_name.get(match[1]) if match[1] else (stages[-1] if len(stages) == 1 else None)
        below = stages[stage.base_stage] if stage is not None and stage.base_stage is not None else None
        return _lines(stage, below, int(match[2]), int(match[3]), match[4]) if stage else ()

    return lines


def _lines(stage: Stage, below: Stage | None, number: int, total: int, keyword: str) -> tuple[int, ...]:
    left = [instruction.onbuild for instruction in below.instructions] if below is not None else []
    steps = [trigger for trigger in left if trigger is not None and trigger.keyword in _STEPS]
    steps += [instruction for instruction in stage.instructions if instruction.keyword in _STEPS]
    if total == len(steps) + 1:  # the stage begins with an image, which counts
        steps.insert(0, stage.from_)
    if total != len(steps) or not 0 < number <= total or steps[number - 1].keyword != keyword:
        return ()
    return _span(steps[number - 1])


def _span(instruction: Instruction) -> tuple[int, ...]:
    return tuple(range(instruction.start_line, instruction.end_line + 1))
