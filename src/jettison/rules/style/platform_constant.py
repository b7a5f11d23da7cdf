"""FROM names one platform for everybody."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT628", aliases=("FromPlatformFlagConstDisallowed", "DL3029"), default=False)
def platform_constant(project: Project) -> Iterator[Finding]:
    """FROM names one platform for everybody.

    What:
        `FROM --platform=linux/amd64`.

    Why:
        The image is built for that platform whatever is asked for, and runs emulated elsewhere.

    How it is fixed:
        Not automatically: it may be meant, where a tool exists for one platform only.

    When not:
        `$BUILDPLATFORM`, `$TARGETPLATFORM` and other variables; stages named after the platform.

    References:
        https://docs.docker.com/reference/build-checks/from-platform-flag-const-disallowed/
    """
    for stage in project.dockerfile.stages:
        if stage.platform and "$" not in stage.platform and stage.base_stage is None:
            if stage.name and any(part in stage.name for part in stage.platform.split("/")[1:]):
                continue
            yield Finding(
                stage.from_.span,
                f"the stage is for {stage.platform}, whatever platform is asked for",
                refused="it may be meant",
            )
