"""The order of a stage's steps that costs least over the history of the project."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.project import Project
from jettison.rules.constraints import METADATA, Relation, closure
from jettison.rules.moving import Group, arranged, groups, movers

if TYPE_CHECKING:
    from jettison.replay.order import Order

_TOO_MANY = " (there are too many orders to try them all: there may be a better one)"
_SETS = 4_000
"""Sets of steps that are looked at for the exact order: a fraction of a second."""


class Better(NamedTuple):
    """A legal order with less expected time. `saved` is in seconds for each of the `commits`; `step` is the
    one that gains most, `early` what stood above it and changed in `times` commits, of which it needs
    nothing. `order` has all instructions but those that are no step, and `groups` say what moves where."""

    relation: Relation
    order: tuple[int, ...]
    groups: tuple[Group, ...]
    saved: float
    commits: int
    step: int
    early: int
    times: int
    exact: bool

    def title(self, names: Sequence[str] = ()) -> str:
        """What moves where, and, where one thing moves, why it goes no further. `names` are for the
        instructions, by default their lines."""
        called = names or [f"line {each.start_line}" for each in self.relation.instructions]
        told, why = [], ""
        for group in self.groups:
            who = " and ".join(called[number] for number in group.moved)
            if group.above is not None:
                told.append(f"{who} to just above {called[group.above]}")
                why = self.relation.why(group.moved[-1], group.above)
            elif group.below is not None:
                told.append(f"{who} below {called[group.below]}")
        more = f": {why}" if why and len(told) == 1 else ""
        return f"Move {', '.join(told)}{more}" + ("" if self.exact else _TOO_MANY)


def better(project: Project, stage: Stage, found: Relation) -> Better | None:
    """The best order of a stage, where it is worth a change; None where there is none, or no history."""
    if not _may_gain(found):
        return None
    from jettison.replay.touched import touched
    from jettison.rules.changing import Changes

    history = touched(project)
    facts = load("costs")["order"]
    if history.commits < facts["least_commits"]:
        return None
    changes = Changes(project, history)
    inputs = [changes.of(each) for each in found.instructions]
    costs = [_seconds(project, stage, each) for each in found.instructions]
    numbers = [n for n, each in enumerate(found.instructions) if each.keyword not in METADATA]
    order = _best(found, numbers, costs, inputs, changes.of_base(stage))
    saved = float(order.original - order.seconds)
    if saved <= facts["least_share"] * order.original or saved <= facts["least_seconds"] * history.commits:
        return None
    steps = [numbers[step - 1] for step in order.steps[1:]]
    moved = _moves(found, steps, costs, inputs, history.commits, saved)
    return moved._replace(exact=order.exact) if moved is not None else None


def _best(found: Relation, numbers: list[int], costs: list[float], inputs: list[int], base: int) -> Order:
    """The order of those that are steps, or change what steps are; step 0 is the base of the stage."""
    from jettison.replay.order import best_order

    index = {number: place + 1 for place, number in enumerate(numbers)}
    before = [0]
    for number in numbers:
        mask = 1
        for earlier in numbers:
            if found.before[number] >> earlier & 1:
                mask |= 1 << index[earlier]
        before.append(mask)
    return best_order([0, *(costs[n] for n in numbers)], [base, *(inputs[n] for n in numbers)], before, _SETS)


def _moves(
    found: Relation, order: list[int], costs: list[float], inputs: list[int], commits: int, saved: float
) -> Better | None:
    """The order as moves of whole instructions, those that are no steps left in their places."""
    lines = [each.end_line - each.start_line + 1 for each in found.instructions]
    moves = groups(order, movers(order, lines))
    if not found.legal(arranged(len(found.instructions), moves)):
        return None
    original = sorted(order)
    step = max(
        original,
        key=lambda number: costs[number] * (_seen(original, number, inputs) - _seen(order, number, inputs)),
    )
    passed = [n for n in original if n < step and order.index(n) > order.index(step)]
    if not passed:
        return None
    early = max(passed, key=lambda number: inputs[number].bit_count())
    times = inputs[early].bit_count()
    return Better(found, tuple(order), moves, saved / commits, commits, step, early, times, True)


def _seen(order: list[int], number: int, inputs: list[int]) -> int:
    """The commits in which a step of an order runs again."""
    seen = 0
    for each in order[: order.index(number) + 1]:
        seen |= inputs[each]
    return seen.bit_count()


def _may_gain(found: Relation) -> bool:
    """True when a RUN could go above something that takes files."""
    all_before = closure(found.before)
    for number, each in enumerate(found.instructions):
        if each.keyword == "RUN" and any(
            other.keyword in ("COPY", "ADD") and not all_before[number] >> earlier & 1
            for earlier, other in enumerate(found.instructions[:number])
        ):
            return True
    return False


def _seconds(project: Project, stage: Stage, instruction: Instruction) -> float:
    """What one run of a RUN takes. Copies take a moment, and are not worth another order of their own."""
    from jettison.replay.commands import by_table

    return by_table(project, stage, instruction)[0] if instruction.keyword == "RUN" else 0.0
