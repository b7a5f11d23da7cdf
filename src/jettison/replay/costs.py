"""What one run of a step takes: from the record of a real build, else from facts/costs.toml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jettison.cache.steps import Step, Steps
from jettison.dockerfile import Instruction
from jettison.findings import Basis
from jettison.project import Project
from jettison.replay.commands import by_table

_LEAST = 0.05
"""Seconds. A step that took less in a record is not told from the noise."""


class Cost(NamedTuple):
    """Seconds of one step: `warm` on a builder whose cache mounts are filled, `cold` on a fresh one."""

    cold: float
    warm: float
    basis: Basis


class Measured(NamedTuple):
    """Seconds of a step in builds that were done: on a fresh builder and, None where nobody saw it, on one
    with filled cache mounts."""

    cold: float
    warm: float | None = None


def costs_of(
    project: Project, steps: Steps, measured: Mapping[str, Measured] | None = None
) -> tuple[Cost, ...]:
    """The cost of each step. `measured` is by `text_of` an instruction; what is not in it is scaled from the
    table by what was measured of the rest."""
    table = [_by_table(project, step) for step in steps]
    texts = [text_of(step) for step in steps]
    known = measured or {}
    both = [(known[text].cold, cost.cold) for text, cost in zip(texts, table, strict=True) if text in known]
    expected = sum(cost for _, cost in both)
    scale = sum(seconds for seconds, _ in both) / expected if expected and known else 1.0
    found = []
    for text, cost in zip(texts, table, strict=True):
        if text in known:
            cold, warm = (max(each or 0.0, _LEAST) for each in known[text])
            if known[text].warm is None:
                warm = cold * cost.warm / cost.cold if cost.cold else cold
            found.append(Cost(cold, warm, Basis.MEASURED))
        elif known:
            found.append(Cost(cost.cold * scale, cost.warm * scale, Basis.MODELLED))
        else:
            found.append(cost)
    return tuple(found)


def text_of(step: Step) -> str:
    """A step as one text, by which it is found again in a record and after a rewrite."""
    return text_of_half(step.instruction, step.merge)


def text_of_half(instruction: Instruction, merge: bool) -> str:
    """The same of an instruction; `merge` is for the second half of a COPY --link."""
    return f"{instruction.keyword} {instruction.args}{' LINK' if merge else ''}"


def _by_table(project: Project, step: Step) -> Cost:
    instruction = step.instruction
    if step.merge or not step.parts or step.parts[0].kind == "base":
        return Cost(0.0, 0.0, Basis.RULE_OF_THUMB)
    cold, saved = by_table(project, step.stage, instruction)
    mounted = any(mount.type == "cache" for mount in instruction.mounts)
    return Cost(cold, cold - saved if mounted else cold, Basis.RULE_OF_THUMB)
