"""Where a Dockerfile names its stages, and what another name for one of them changes.

Source: BuildKit `frontend/dockerfile/dockerfile2llb/convert.go`: FROM means the last stage of that name above
it, spelt exactly so; COPY --from and the `from` of a mount mean the last of the whole file, in any case, and
take no variable.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import count, islice
from typing import NamedTuple

from jettison.dockerfile import Dockerfile, Instruction, Stage
from jettison.spans import Edit, Span

_OPTION = re.compile(rb"(?i)(?:^|(?<=,))from=([^,\"'\\`$]+)(?=,|$)")


class Use(NamedTuple):
    """One place that takes files from a stage or image: `span` covers the name alone, None where it is
    written in a form that is not followed."""

    instruction: Instruction
    name: str
    span: Span | None


def uses(stage: Stage) -> Iterator[Use]:
    """What COPY --from and mounts of a stage name, those inside ONBUILD too; numbers are left out."""
    for instruction in (inner for i in stage.instructions for inner in (i, i.onbuild) if inner):
        if instruction.keyword in ("COPY", "ADD"):
            flag = instruction.flag("from")
            if flag is not None and flag.value and not flag.value.isdigit():
                written = instruction.file.data[slice(*flag.value_span)]
                plain = written == flag.value.encode("utf-8", "surrogateescape")
                yield Use(instruction, flag.value, flag.value_span if plain else None)
        for mount in instruction.mounts:
            if name := mount.options.get("from"):
                yield Use(instruction, name, _option(instruction, mount.flag.value_span, name))


def free_name(dockerfile: Dockerfile, stem: str, after: int = 0) -> str:
    """`stem`-1, or with the first number that no stage, FROM, COPY --from or mount uses, when `after` of them
    are left to others."""
    taken = {stage.name for stage in dockerfile.stages} | {stage.base for stage in dockerfile.stages}
    taken |= {use.name.lower() for stage in dockerfile.stages for use in uses(stage)}
    free = (name for number in count(1) if (name := f"{stem}-{number}") not in taken)
    return next(islice(free, after, None))


def named_anew(stage: Stage, name: str) -> Edit:
    """Another name behind AS."""
    return Edit(stage.from_.words[2].span, name.encode())


def bases(stages: tuple[Stage, ...], named: Stage, name: str) -> tuple[Edit, ...] | None:
    """Another name in the FROMs that name the stage; None when one of them has, or may have, its name from a
    variable."""
    edits = []
    for stage in stages:
        if "$" in stage.base or (stage.base_stage == named.index and stage.base != named.name):
            return None
        if stage.base_stage == named.index:
            edits.append(Edit(stage.from_.words[0].span, name.encode()))
    return tuple(edits)


def _option(instruction: Instruction, span: Span, name: str) -> Span | None:
    found = _OPTION.search(instruction.file.data[slice(*span)])
    if found is None or found[1] != name.encode("utf-8", "surrogateescape"):
        return None
    return Span(span.start + found.start(1), span.start + found.end(1))
