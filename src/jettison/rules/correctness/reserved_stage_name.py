"""A stage has a name that means something else."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Stage
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Edit

_RESERVED = ("scratch", "context")


@rule("JT605", aliases=("ReservedStageName", "DL3063"))
def reserved_stage_name(project: Project) -> Iterator[Finding]:
    """A stage has a name that means something else.

    What:
        A stage that is called `scratch` or `context`.

    Why:
        `FROM scratch` below it is that stage and no longer the empty image; `context` reads as the build
        context.

    How it is fixed:
        The stage gets a number, and the FROM, COPY --from and mounts that mean it follow. Applied with a
        proof, and where the build is not asked for the stage itself; a `--target` elsewhere fails until it
        follows.

    When not:
        Names that only contain these words. It is told only where nothing in the file takes from the stage,
        so that its name is there for `--target`; where a FROM scratch stands below it; where a FROM has its
        base from a variable; and inside ONBUILD.

    References:
        https://docs.docker.com/reference/build-checks/reserved-stage-name/
    """
    for stage in project.dockerfile.stages:
        if stage.name in _RESERVED and not stage.from_.error:
            message = f"{stage.name} is a name of the builder's own"
            edits = _renamed(project, stage)
            if isinstance(edits, str):
                yield Finding(stage.from_.span, message, refused=edits)
            else:
                fix = Fix("Give the stage a name of its own", edits, Safety.PROVEN)
                yield Finding(stage.from_.span, message, fix=fix)


def _renamed(project: Project, named: Stage) -> tuple[Edit, ...] | str:
    """The edits that give the stage another name, or why there are none."""
    from jettison.rules.stagenames import bases, free_name, named_anew, uses

    assert named.name is not None
    stages = project.dockerfile.stages
    if sum(stage.name == named.name for stage in stages) > 1:
        return "another stage has the name too"
    if project.target and project.target.lower() == named.name:
        return "the build asks for the stage by this name"
    name = free_name(project.dockerfile, named.name)
    based = bases(stages[named.index + 1 :], named, name)
    if based is None:
        return "a FROM below has its base from a variable, which may mean the stage"
    if based and named.name == "scratch":
        return "FROM scratch below is this stage today: whether the empty image is meant is not known"
    taking = [(stage, use) for stage in stages for use in uses(stage) if use.name.lower() == named.name]
    for stage, use in taking:
        if use.span is None or stage.index <= named.index or use.instruction not in stage.instructions:
            return f"line {use.instruction.start_line} takes from it in a way that is not followed"
    if not based and not taking:
        return "nothing here takes from it, so other files may build it by its name: choose another"
    followed = [Edit(use.span, name.encode()) for _, use in taking if use.span is not None]
    return (named_anew(named, name), *based, *followed)
