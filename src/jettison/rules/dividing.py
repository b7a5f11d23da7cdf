"""What a stage gains by another order, and by dividing a COPY of several sources for it."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from itertools import groupby
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import replace
from jettison.project import Project
from jettison.rules.constraints import Relation, relation
from jettison.rules.copies import taken
from jettison.rules.effects import overlap, source_targets
from jettison.rules.moving import move
from jettison.rules.reordering import Better, better
from jettison.spans import Edit, Span, apply

_FLAGS = frozenset(("chown", "chmod", "link", "exclude"))


class Proposal(NamedTuple):
    """Another order as a change of the Dockerfile. The relation of `better` is between its instructions as
    they stand; `what` is what the step that gains most does not need."""

    better: Better
    what: str
    title: str
    edits: tuple[Edit, ...]


def proposal(project: Project, stage: Stage) -> Proposal | None:
    """The change of a stage that saves most; None when none is worth it."""
    found = relation(project, stage.instructions)
    plain = better(project, stage, found)
    if _divisible(project, found):
        apart = _divided(project, stage)
        if apart is not None and (plain is None or apart.better.saved > plain.saved):
            return apart
    if plain is None:
        return None
    return Proposal(plain, "this", plain.title(), move(stage.instructions, plain.groups))


Parts = list[list[list[str]]]
"""For every instruction of a stage what it is divided into: the sources of each part; [] for one as it is."""


def _divided(project: Project, stage: Stage) -> Proposal | None:
    """The best order with every COPY divided as far as that order needs it."""
    whole: Parts = [_sources(each) if _is_plain(each) else [] for each in stage.instructions]
    first = _ordered(project, stage, whole)
    if first is None:
        return None
    joined = _joined(whole, first[1].order)
    if all(len(parts) < 2 for parts in joined):
        return None
    found = _ordered(project, stage, joined)
    if found is None:
        return None
    after, order = found
    text = apply(after.dockerfile.source, move(order.relation.instructions, order.groups))
    origin = _origin(joined)
    known = order.relation._replace(instructions=tuple(stage.instructions[n] for n, _ in origin))
    order = order._replace(relation=known)
    named = [
        f"{_quoted(sources)} of line {stage.instructions[n].start_line}"
        if sources
        else f"line {stage.instructions[n].start_line}"
        for n, sources in origin
    ]
    lines = [stage.instructions[n].start_line for n, parts in enumerate(joined) if len(parts) > 1]
    title = f"Divide line {' and '.join(map(str, lines))}, and m{order.title(named)[1:]}"
    what = _quoted(origin[order.early][1]) if origin[order.early][1] else "this"
    return Proposal(order, what, title, (_difference(project.dockerfile.source, text),))


def _ordered(project: Project, stage: Stage, parts: Parts) -> tuple[Project, Better] | None:
    """The project with COPYs divided, and the best order then."""
    edits = [
        replace(each, "\n".join(_copy(project, each, sources) for sources in several))
        for each, several in zip(stage.instructions, parts, strict=True)
        if len(several) > 1
    ]
    after = project.changed(apply(project.dockerfile.source, edits), {})
    same = after.dockerfile.stages[stage.index]
    if len(same.instructions) != len(_origin(parts)):
        return None
    found = better(after, same, relation(after, same.instructions))
    return (after, found) if found is not None else None


def _copy(project: Project, copy: Instruction, sources: Sequence[str]) -> str:
    text = project.dockerfile.text
    flags = "".join(f" {text(flag.span)}" for flag in copy.flags)
    dest = copy.dest.text if copy.dest is not None else "./"
    return f"{text(copy.keyword_span)}{flags} {' '.join(sources)} {dest}"


def _origin(parts: Parts) -> list[tuple[int, list[str]]]:
    """For every instruction after the division, the one that it was, and its sources where it is a part."""
    return [
        (number, sources if len(several) > 1 else [])
        for number, several in enumerate(parts)
        for sources in several or [[]]
    ]


def _joined(whole: Parts, order: Iterable[int]) -> Parts:
    """The parts that an order leaves side by side put together again."""
    origin = _origin(whole)
    joined: Parts = [[] for _ in whole]
    for number, places in groupby(order, key=lambda place: origin[place][0]):
        joined[number].append([source for place in places for source in origin[place][1]])
    return [several if all(several) else [] for several in joined]


def _divisible(project: Project, found: Relation) -> bool:
    """True when a RUN reads some sources of a COPY above it, and not others."""
    for number, each in enumerate(found.instructions):
        if not _is_plain(each):
            continue
        runs = [
            effects
            for later, effects in zip(found.instructions[number:], found.effects[number:], strict=True)
            if later.keyword == "RUN" and not effects.why
        ]
        targets = [source_targets(project, source) for source in taken(project, each)]
        for run in runs:
            touches = {
                any(overlap(target, place) for target in part for place in run.reads | run.writes)
                for part in targets
            }
            if len(touches) > 1:
                return True
    return False


def _is_plain(copy: Instruction) -> bool:
    """True for a COPY of several sources of the context that can be said as several COPYs."""
    if (
        copy.keyword != "COPY"
        or copy.error
        or copy.heredocs
        or copy.json is not None
        or len(copy.sources) < 2
    ):
        return False
    return {flag.name for flag in copy.flags} <= _FLAGS and b"#" not in copy.file.data[slice(*copy.span)]


def _sources(copy: Instruction) -> list[list[str]]:
    return [[word.text] for word in copy.sources]


def _quoted(sources: Sequence[str]) -> str:
    return " and ".join(f"`{source}`" for source in sources)


def _difference(before: bytes, after: bytes) -> Edit:
    """The one edit, of whole lines, that makes one text of another."""
    old, new = before.splitlines(keepends=True), after.splitlines(keepends=True)
    start = 0
    while start < min(len(old), len(new)) and old[start] == new[start]:
        start += 1
    end = 0
    while end < min(len(old), len(new)) - start and old[-1 - end] == new[-1 - end]:
        end += 1
    first, last = sum(map(len, old[:start])), len(before) - sum(map(len, old[len(old) - end :]))
    return Edit(Span(first, last), b"".join(new[start : len(new) - end]))
