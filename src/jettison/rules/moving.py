"""Instructions of a stage in another order: whole, with their comments, and as few moved as can be."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import NamedTuple

from jettison.dockerfile import Instruction
from jettison.dockerfile.edit import delete, insert_after, insert_before
from jettison.spans import Edit, Span


def movers(order: Sequence[int], lines: Sequence[int]) -> frozenset[int]:
    """Which of the numbered instructions have to move for an order of them: as few as possible, and of
    equally few those with fewest lines."""
    best: list[tuple[int, int]] = []
    for place, number in enumerate(order):
        weight = 10_000 + lines[number]
        before = [p for p in range(place) if order[p] < number]
        last = max(before, key=lambda p: best[p][0], default=-1)
        best.append((weight + (best[last][0] if before else 0), last))
    stay, place = set[int](), max(range(len(order)), key=lambda p: best[p][0], default=-1)
    while place >= 0:
        stay.add(order[place])
        place = best[place][1]
    return frozenset(order) - stay


class Group(NamedTuple):
    """Instructions that move together: to just above the instruction numbered `above`, or, where none of
    those that stay follows, below the one numbered `below`."""

    moved: tuple[int, ...]
    below: int | None
    above: int | None


def groups(order: Sequence[int], moving: frozenset[int]) -> tuple[Group, ...]:
    """Where those that move go."""
    parts = [(key, tuple(part)) for key, part in groupby(order, key=lambda number: number in moving)]
    return tuple(
        Group(
            part,
            parts[place - 1][1][-1] if place else None,
            parts[place + 1][1][0] if place + 1 < len(parts) else None,
        )
        for place, (key, part) in enumerate(parts)
        if key
    )


def arranged(count: int, found: Sequence[Group]) -> list[int]:
    """All instructions, of `count`, with the groups at their new places."""
    moving = {number for group in found for number in group.moved}
    order = [number for number in range(count) if number not in moving]
    for group in found:
        at = order.index(group.above) if group.above is not None else order.index(group.below or 0) + 1
        order[at:at] = group.moved
    return order


def move(instructions: Sequence[Instruction], found: Sequence[Group]) -> tuple[Edit, ...]:
    """The edits that put the groups there. An instruction that stands between blank lines takes one along."""
    edits: list[Edit] = []
    for group in found:
        texts: list[str] = []
        for number in group.moved:
            span, apart = _block(instructions[number])
            data = instructions[number].file.data
            start, end = span.start, instructions[number].span.end
            text = data[start:end].decode("utf-8", "surrogateescape").replace("\r\n", "\n")
            texts.append(f"{text}\n" if apart and group.above is not None else f"\n{text}" if apart else text)
            edits.append(Edit(span, b""))
        if group.above is not None:
            edits.append(_above(instructions[group.above], texts))
        elif group.below is not None:
            edits.append(insert_after(instructions[group.below], "\n".join(texts)))
    return tuple(edits)


def _above(instruction: Instruction, texts: Sequence[str]) -> Edit:
    """As `insert_before`, which drops the blank line at the end that separates a block."""
    edit = insert_before(instruction, "\n".join(texts), above_comments=True)
    newline = b"\r\n" if edit.new.endswith(b"\r\n") else b"\n"
    return Edit(edit.span, edit.new + newline) if texts[-1].endswith("\n") else edit


def _block(instruction: Instruction) -> tuple[Span, bool]:
    """The lines of an instruction and the comments above it, and whether blank lines stand around them: then
    the one below is among the lines."""
    data = instruction.file.data
    start = insert_before(instruction, "", above_comments=True).span.start
    end = delete(instruction).span.end
    above = data[data.rfind(b"\n", 0, max(start - 1, 0)) + 1 : start]
    newline = data.find(b"\n", end)
    below = data[end : newline + 1] if newline >= 0 else data[end:]
    apart = start > 0 and not above.strip() and not below.strip()
    return Span(start, end + len(below) if apart else end), apart
