"""A stage has a name that Docker keeps for itself."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import RESERVED, named_stages

_WHY = "a build may ask for the stage by this name with --target"


@rule("JT606", aliases=("ReservedStageName",))
def reserved_stage_name(project: Project) -> Iterator[Finding]:
    """A stage has a name that Docker keeps for itself.

    What:
        A stage is named `scratch` or `context`.

    Why:
        `FROM scratch` is always the empty image and never that stage.

    How it is fixed:
        By hand: `--target` and other files may name the stage.

    When not:
        `scratch` as base image.

    References:
        https://docs.docker.com/reference/build-checks/reserved-stage-name/
    """
    for each in named_stages(project):
        if each.name.text.lower() in RESERVED:
            message = f"{each.name.text} is a name that Docker keeps for itself"
            yield Finding(each.stage.from_.span, message, refused=_WHY)
