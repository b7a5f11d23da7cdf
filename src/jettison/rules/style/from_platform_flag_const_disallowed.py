"""FROM is tied to one platform."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import platform_parts


@rule("JT610", aliases=("FromPlatformFlagConstDisallowed",), default=False)
def from_platform_flag_const_disallowed(project: Project) -> Iterator[Finding]:
    """FROM is tied to one platform.

    What:
        A FROM has a `--platform` without a variable, and the name of its stage does not say so.

    Why:
        The image can be built for that platform only, whatever the build asks for.

    How it is fixed:
        By hand: remove the flag, or use `$BUILDPLATFORM` or `$TARGETPLATFORM`.

    When not:
        The name of the stage holds the system or the architecture: `AS build_amd64`.

    References:
        https://docs.docker.com/reference/build-checks/from-platform-flag-const-disallowed/
    """
    for stage in project.dockerfile.stages:
        flag = stage.from_.flag("platform")
        if flag is None or not flag.value or "$" in flag.value or stage.from_.error is not None:
            continue
        parts = platform_parts(flag.value)
        if parts is not None and not any(part in (stage.name or "") for part in parts):
            yield Finding(stage.from_.span, f"this stage can be built for {flag.value} only")
