"""WORKDIR is relative to one that is not known."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT626", aliases=("WorkdirRelativePath", "DL3000"), default=False)
def relative_workdir(project: Project) -> Iterator[Finding]:
    """WORKDIR is relative to one that is not known.

    What:
        A relative WORKDIR before any absolute one in its stage.

    Why:
        Where it leads depends on the base image.

    How it is fixed:
        Not automatically: the folder of the base image is not known here.

    When not:
        After an absolute WORKDIR, variables, and bases whose folder is known.

    References:
        https://docs.docker.com/reference/build-checks/workdir-relative-path/
    """
    for stage in project.dockerfile.stages:
        if stage.base_stage is not None:
            continue
        for instruction in stage.instructions:
            if instruction.keyword != "WORKDIR" or instruction.error:
                continue
            path = instruction.args.strip().strip("\"'")
            if path.startswith(("/", "$", "C:", "c:", "\\")):
                break
            yield Finding(
                instruction.span,
                f"{path} is relative to the folder of {stage.base}, whatever that is",
                refused="the folder of the base image is not known here",
            )
            break
