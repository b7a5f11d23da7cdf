"""Why a step is not taken from the cache: the first ones that ran, each with what made it run."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from difflib import SequenceMatcher
from typing import NamedTuple

from jettison.cache.built import Built
from jettison.cache.causes import Cause, compare
from jettison.cache.steps import Step
from jettison.cache.store import Store, cached


class Miss(NamedTuple):
    """One step that ran although all that it stands on was there, and what ran after it for its sake."""

    number: int
    """Its index among the steps."""
    step: Step
    causes: tuple[Cause, ...]
    """Of the step itself; where only its result is not to be had, then why a later step wants it."""
    followers: tuple[int, ...]
    """Indexes of the steps that ran because this one did."""


def explain(
    before: Built | None,
    after: Built,
    store: Store,
    where: str = "",
    observed: Mapping[int, bool] | None = None,
) -> tuple[Miss, ...]:
    """The misses of `after` on a builder with this store, in order of the file.

    `before` is the build that filled the store, None when there was none; `where` names the cache: `the
    builder`, `the registry cache, mode=min`. `observed` has, by the index of a step, whether a real build
    took it from its cache, which then counts.
    """
    predicted = cached(after.steps, after.keys, store)
    flags = [observed.get(index, flag) for index, flag in enumerate(predicted)] if observed else predicted
    pairs = {} if before is None else dict(_pairs(before.steps.steps, after.steps.steps))
    roots = [
        index
        for index, (step, hit) in enumerate(zip(after.steps, flags, strict=True))
        if not hit and all(flags[other] for other in step.needs)
    ]
    made = []
    for index in roots:
        behind = tuple(_followers(after, flags, index))
        causes = compare(before, pairs.get(index), after, index, store, where)
        if after.keys[index] in store.keys - store.results:
            wants = next((each for each in behind if _is_new(after, each, store)), None)
            if wants is not None:
                line = after.steps[wants].lines[0]
                more = compare(before, pairs.get(wants), after, wants, store, where)
                causes += tuple(cause._replace(line=cause.line or line) for cause in more)
        made.append(Miss(index, after.steps[index], causes, behind))
    return tuple(made)


def _is_new(after: Built, index: int, store: Store) -> bool:
    """True for a step that is not known although all that it stands on is."""
    known = [after.keys[other] in store.keys for other in after.steps[index].needs]
    return after.keys[index] not in store.keys and all(known)


def _followers(after: Built, flags: Sequence[bool], root: int) -> Iterator[int]:
    behind = {root}
    for index, step in enumerate(after.steps):
        if index != root and not flags[index] and behind & set(step.needs):
            behind.add(index)
            yield index


def _pairs(before: Sequence[Step], after: Sequence[Step]) -> Iterator[tuple[int, int]]:
    """Which step was which, index after and before: stages by name or number, steps by text, in order."""
    for stage in dict.fromkeys(step.stage for step in after):
        new = [i for i, step in enumerate(after) if step.stage is stage]
        old = [i for i, step in enumerate(before) if step.stage.index == stage.index]
        if stage.name is not None and any(step.stage.name == stage.name for step in before):
            old = [i for i, step in enumerate(before) if step.stage.name == stage.name]
        texts = [_text(before[i]) for i in old], [_text(after[i]) for i in new]
        for kind, a, b, c, d in SequenceMatcher(None, *texts, autojunk=False).get_opcodes():
            if kind == "equal":
                yield from zip(new[c:d], old[a:b], strict=True)
            elif kind == "replace":
                left = old[a:b]
                for index in new[c:d]:
                    same = next((i for i in left if _kind(before[i]) == _kind(after[index])), None)
                    if same is not None:
                        left = left[left.index(same) + 1 :]
                        yield index, same


def _text(step: Step) -> str:
    return f"{_kind(step)} {step.instruction.line.data!r}"


def _kind(step: Step) -> tuple[str, bool]:
    return step.instruction.keyword, step.merge
