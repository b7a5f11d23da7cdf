"""Two stages have the same name."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Stage
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Edit


@rule("JT604", aliases=("DuplicateStageName", "DL3024"))
def duplicate_stage_name(project: Project) -> Iterator[Finding]:
    """Two stages have the same name.

    What:
        A stage whose name, in lower case, an earlier stage has already.

    Why:
        The last one wins: `COPY --from`, mounts and `--target` mean another stage than the one that is read
        first, and `FROM` means the nearest above.

    How it is fixed:
        The earlier stage gets a number, and the FROMs that mean it follow. The last one keeps the name, so
        everything else goes on meaning what it means today.

    When not:
        Stages without a name. A COPY --from of that name above the last of them is told only: today it means
        a stage below, and the build stops. So is a FROM between them whose base is a variable.

    References:
        https://docs.docker.com/reference/build-checks/duplicate-stage-name/
        BuildKit frontend/dockerfile/dockerfile2llb/convert.go (addState, findStateByName)
    """
    seen: dict[str, list[Stage]] = {}
    for stage in project.dockerfile.stages:
        if stage.name is None or stage.from_.error:
            continue
        before = seen.setdefault(stage.name, [])
        if before:
            message = f"an earlier stage is called {stage.name} too, and can no longer be named"
            edits = _renamed(project, before, stage)
            if isinstance(edits, str):
                yield Finding(stage.from_.span, message, refused=edits)
            else:
                fix = Fix("Give the earlier stage a name of its own", edits, Safety.SAFE)
                yield Finding(stage.from_.span, message, fix=fix)
        before.append(stage)


def _renamed(project: Project, before: list[Stage], later: Stage) -> tuple[Edit, ...] | str:
    """The edits that give the last of the stages before another name, or why there are none."""
    from jettison.rules.stagenames import bases, free_name, named_anew, uses

    assert later.name is not None
    stages = project.dockerfile.stages
    last = max(stage.index for stage in stages if stage.name == later.name)
    for stage in stages[: last + 1]:
        for use in uses(stage):
            if use.name.lower() == later.name:
                line = use.instruction.start_line
                below = stages[last].from_.start_line
                return f"line {line} takes from {use.name}, which is the stage on line {below}"
    earlier = before[-1]
    name = free_name(project.dockerfile, later.name, len(before) - 1)
    based = bases(stages[earlier.index + 1 : later.index + 1], earlier, name)
    if based is None:
        return "a FROM between the two has its base from a variable, which may mean the earlier one"
    return (named_anew(earlier, name), *based)
