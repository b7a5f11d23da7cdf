"""A stage has a name that means something else."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT605", aliases=("ReservedStageName", "DL3063"))
def reserved_stage_name(project: Project) -> Iterator[Finding]:
    """A stage has a name that means something else.

    What:
        A stage that is called `scratch` or `context`.

    Why:
        `FROM scratch` and the build context mean something else; the builder refuses or misreads the name.

    How it is fixed:
        Not automatically: other files may build the stage by its name.

    When not:
        Names that only contain these words.

    References:
        https://docs.docker.com/reference/build-checks/reserved-stage-name/
    """
    for stage in project.dockerfile.stages:
        if stage.name in ("scratch", "context"):
            yield Finding(
                stage.from_.span,
                f"{stage.name} is a name of the builder's own",
                refused="other files may build the stage by its name: choose another",
            )
