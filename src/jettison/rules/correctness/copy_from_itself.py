"""A stage copies from itself."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT652", aliases=("DL3023",))
def copy_from_itself(project: Project) -> Iterator[Finding]:
    """A stage copies from itself.

    What:
        A `COPY --from` that names its own stage.

    Why:
        The builder refuses it, or takes an earlier stage or an image of that name: never what was meant.

    How it is fixed:
        Not automatically: which stage is meant is not known.

    When not:
        Names of earlier stages.

    References:
        https://docs.docker.com/reference/dockerfile/#copy---from
    """
    for stage in project.dockerfile.stages:
        for instruction in stage.instructions:
            origin = instruction.flag("from") if instruction.keyword == "COPY" else None
            if origin is None or not origin.value or stage.name is None:
                continue
            earlier = {each.name for each in project.dockerfile.stages[: stage.index]}
            if origin.value.lower() == stage.name and stage.name not in earlier:
                yield Finding(
                    instruction.span,
                    f"{origin.value} is this stage itself, which cannot be copied from",
                    refused="which stage is meant is not known; within a stage `RUN cp` copies",
                )
