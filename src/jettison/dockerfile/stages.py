"""Build stages: which instructions belong to which FROM, and which stage needs which."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from jettison.dockerfile.expand import expand
from jettison.dockerfile.instruction import Instruction


@dataclass(frozen=True, slots=True, eq=False)
class Stage:
    """One FROM and what follows it.

    `name` is in lower case as Docker keeps it, None when the stage has none. `base` is the word as written,
    `base_stage` the index of the stage it names, None for an image. `platform` is the value of `--platform`.
    """

    index: int
    name: str | None
    base: str
    base_stage: int | None
    platform: str | None
    from_: Instruction
    instructions: tuple[Instruction, ...]


def split_stages(instructions: Sequence[Instruction]) -> tuple[tuple[Instruction, ...], tuple[Stage, ...]]:
    """The ARG instructions before the first FROM, and the stages."""
    starts = [k for k, instruction in enumerate(instructions) if instruction.keyword == "FROM"]
    head = instructions[: starts[0] if starts else len(instructions)]
    global_args = tuple(i for i in head if i.keyword == "ARG")
    values = global_values(global_args, {})
    stages: list[Stage] = []
    names: dict[str, int] = {}
    for index, start in enumerate(starts):
        end = starts[index + 1] if index + 1 < len(starts) else len(instructions)
        from_ = instructions[start]
        words = from_.words
        base = words[0].text if words else ""
        named = len(words) == 3 and words[1].text.lower() == "as"
        name = words[2].text.lower() if named else None
        platform = from_.flag("platform")
        stages.append(
            Stage(
                index, name, base, names.get(expand(base, values, from_.escape).text),
                platform.value if platform else None, from_, tuple(instructions[start + 1 : end]),
            )
        )  # fmt: skip
        if name is not None:
            names[name] = index
    return global_args, tuple(stages)


def global_values(global_args: Sequence[Instruction], build_args: Mapping[str, str]) -> dict[str, str | None]:
    """The values of the ARGs before the first FROM: the build argument, else the default with those before
    it.
    """
    values: dict[str, str | None] = {}
    for instruction in global_args:
        for pair in instruction.pairs():
            key = pair.key.text
            if key in build_args:
                values[key] = build_args[key]
            elif pair.value is not None:
                values[key] = expand(pair.value.text, values, instruction.escape).text
            else:
                values.setdefault(key, None)
    return values


def needed_by(stage: Stage, stages: Sequence[Stage]) -> frozenset[int]:
    """The indexes of the earlier stages that `stage` names: as base, in COPY --from, in a mount's from.

    What the base stage says in ONBUILD is done in `stage`, and counts here.
    """
    needed: set[int] = set()
    todo = list(stage.instructions)
    if stage.base_stage is not None:
        needed.add(stage.base_stage)
        todo += (i.onbuild for i in stages[stage.base_stage].instructions if i.onbuild)
    for instruction in todo:
        if instruction.keyword in ("COPY", "ADD"):
            flag = instruction.flag("from")
            needed |= _find(flag.value if flag else None, stage, stages, by_number=True)
        for mount in instruction.mounts:
            needed |= _find(mount.options.get("from"), stage, stages, by_number=False)
    return frozenset(needed)


def find_stage(name: str, stages: Sequence[Stage], by_number: bool = True) -> Stage | None:
    """The last of these stages with that name (case does not matter), or with that number."""
    for stage in reversed(stages):
        if stage.name == name.lower():
            return stage
    if by_number and name.isascii() and name.isdigit() and len(name) < 10 and int(name) < len(stages):
        return stages[int(name)]
    return None


def below(stage: Stage, stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """The stage and every one that is built FROM it, through any between, in the order of the file."""
    found = [stage]
    for each in stages[stage.index + 1 :]:
        if any(each.base_stage == other.index for other in found):
            found.append(each)
    return tuple(found)


def above(stage: Stage, stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """The stages that a stage is built FROM, the first one first, and itself: their layers are its image."""
    found = [stage]
    while found[0].base_stage is not None:
        found.insert(0, stages[found[0].base_stage])
    return tuple(found)


def lineage(stage: Stage, stages: Sequence[Stage]) -> tuple[Stage, ...]:
    """The stages that have to be built for `stage`, itself last, in the order of the file."""
    wanted = {stage.index}
    for index in range(stage.index, -1, -1):
        if index in wanted:
            wanted |= needed_by(stages[index], stages)
    return tuple(stages[index] for index in sorted(wanted))


def _find(name: str | None, stage: Stage, stages: Sequence[Stage], by_number: bool) -> set[int]:
    found = find_stage(name, stages[: stage.index], by_number) if name else None
    return {found.index} if found else set()
