"""What has to stay before what in one stage, and why: file flow, variables, state, and what is not known."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jettison.dockerfile import Instruction
from jettison.project import Project
from jettison.rules.effects import SYSTEM, Effects, clash, effects

METADATA = frozenset(
    ("LABEL", "CMD", "ENTRYPOINT", "EXPOSE", "HEALTHCHECK", "STOPSIGNAL", "MAINTAINER", "ONBUILD")
)
"""Instructions that are no step and part of no cache key: they are left where they are."""


class Relation(NamedTuple):
    """`before` has, for every instruction in order, bit j set when instruction j has to stay before it;
    `effects` are theirs."""

    instructions: tuple[Instruction, ...]
    effects: tuple[Effects, ...]
    before: tuple[int, ...]

    def why(self, first: int, second: int) -> str:
        """Why one instruction has to stay before another, as a clause; "" when nothing says so."""
        mine, theirs = self.effects[first], self.effects[second]
        found = clash(mine, theirs)
        if found is None or mine.why or theirs.why:
            return (theirs.why or mine.why) if found is not None else ""
        one, other = (self.instructions[number].start_line for number in (first, second))
        what = "the folders of the system" if found.what == SYSTEM else found.what.strip("()")
        return {
            "reads": f"line {other} reads {what}, which line {one} writes",
            "replaces": f"line {other} writes {what}, which line {one} reads",
            "takes": f"line {other} takes {what} from line {one}",
            "changes": f"line {other} sets {what}, which line {one} takes",
        }.get(found.kind, f"lines {one} and {other} both {found.kind} {what}")

    def legal(self, order: Sequence[int]) -> bool:
        """True when an order of all instructions keeps what has to stay before what."""
        done = 0
        for number in order:
            if self.before[number] & ~done:
                return False
            done |= 1 << number
        return True


def relation(project: Project, instructions: Sequence[Instruction]) -> Relation:
    """The relation between instructions of one stage, in the order in which they stand."""
    found = [effects(project, each) for each in instructions]
    before = []
    for number, each in enumerate(found):
        mask = 0
        for earlier in range(number):
            pair = instructions[earlier], instructions[number]
            if _metadata(*pair) or clash(found[earlier], each) is not None:
                mask |= 1 << earlier
        before.append(mask)
    return Relation(tuple(instructions), tuple(found), tuple(before))


def closure(before: Sequence[int]) -> list[int]:
    """The same with everything that has to stay before what has to stay before it."""
    found: list[int] = []
    for mask in before:
        whole = mask
        for earlier in range(len(found)):
            if mask >> earlier & 1:
                whole |= found[earlier]
        found.append(whole)
    return found


def _metadata(one: Instruction, other: Instruction) -> bool:
    return one.keyword in METADATA and other.keyword in METADATA
