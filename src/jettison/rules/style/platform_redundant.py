"""FROM asks for the platform that it has anyway."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import remove_flag
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule


@rule("JT629", aliases=("RedundantTargetPlatform", "DL3065"), default=False)
def platform_redundant(project: Project) -> Iterator[Finding]:
    """FROM asks for the platform that it has anyway.

    What:
        `FROM --platform=$TARGETPLATFORM`.

    Why:
        That is the default.

    How it is fixed:
        The flag is taken out.

    When not:
        Other platforms.

    References:
        https://docs.docker.com/reference/build-checks/redundant-target-platform/
    """
    for stage in project.dockerfile.stages:
        flag = stage.from_.flag("platform")
        if flag is not None and flag.value in ("$TARGETPLATFORM", "${TARGETPLATFORM}"):
            fix = Fix("Take the flag out", (remove_flag(stage.from_, flag),), Safety.SAFE)
            yield Finding(flag.span, "$TARGETPLATFORM is the default", fix=fix)
