"""What the steps of a Dockerfile took in the builds that were seen, for `jettison replay`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import NamedTuple

from jettison.dockerfile import parse
from jettison.observed.record import ObservedBuild
from jettison.replay.costs import Measured, text_of_half


class Costs(NamedTuple):
    """By the text of a step (`jettison.replay.costs.text_of`): what it takes, and the bytes of its layer."""

    measured: Mapping[str, Measured]
    sizes: Mapping[str, int]


def costs_in(builds: Iterable[ObservedBuild]) -> Costs:
    """Every run of every step that ended well. The longest stands for a fresh builder; where a step ran more
    than once, the shortest for one with filled cache mounts."""
    runs: dict[str, list[float]] = {}
    sizes: dict[str, int] = {}
    for build in builds:
        if build.dockerfile is None or not build.record.ok:
            continue
        dockerfile = parse(build.dockerfile)
        for step in build.record.steps:
            instruction = dockerfile.at_line(step.lines[0]) if step.lines else None
            if instruction is None or instruction.keyword == "FROM":
                continue
            text = text_of_half(instruction, "] LINK " in step.name)
            if not step.cached:
                runs.setdefault(text, []).append(step.seconds)
            if step.bytes is not None:
                sizes.setdefault(text, step.bytes)
    measured = {
        text: Measured(max(found), min(found) if len(found) > 1 else None) for text, found in runs.items()
    }
    return Costs(measured, sizes)
