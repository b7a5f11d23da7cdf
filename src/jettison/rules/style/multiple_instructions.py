"""A CMD, ENTRYPOINT or HEALTHCHECK is replaced by a later one."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction
from jettison.dockerfile.edit import delete
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule


@rule("JT606", aliases=("MultipleInstructionsDisallowed", "DL4003", "DL4004", "DL3012"), default=False)
def multiple_instructions(project: Project) -> Iterator[Finding]:
    """A CMD, ENTRYPOINT or HEALTHCHECK is replaced by a later one.

    What:
        More than one CMD, ENTRYPOINT or HEALTHCHECK in a stage.

    Why:
        Only the last one counts; whoever edits the first wonders why nothing happens.

    How it is fixed:
        The earlier ones are dropped: Docker does not use them.

    When not:
        In different stages.

    References:
        https://docs.docker.com/reference/build-checks/multiple-instructions-disallowed/
    """
    for stage in project.dockerfile.stages:
        for keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK"):
            same = [i for i in stage.instructions if i.keyword == keyword and not i.error]
            for dead in same[:-1]:
                fix = Fix(f"Drop the {keyword} that is replaced", (delete(dead),), Safety.SAFE)
                message = f"line {same[-1].start_line} replaces this {keyword}"
                alone = _alone(project, dead)
                yield Finding(
                    dead.span,
                    message,
                    fix=fix if alone else None,
                    refused=None if alone else "another stage is built FROM this one",
                )


def _alone(project: Project, dead: Instruction) -> bool:
    """True when no other stage is built FROM the one of this instruction."""
    stage = project.dockerfile.stage_of(dead)
    return stage is not None and all(each.base_stage != stage.index for each in project.dockerfile.stages)
