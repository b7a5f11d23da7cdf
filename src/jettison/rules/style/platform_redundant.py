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
        `FROM --platform=$TARGETPLATFORM`, with a default or without.

    Why:
        That is what Docker takes without it; TARGETPLATFORM is never empty, so no default counts.

    How it is fixed:
        The flag is taken out.

    When not:
        Other platforms, and a TARGETPLATFORM that an ARG before the first FROM or the call gives a value.

    References:
        https://docs.docker.com/reference/build-checks/redundant-target-platform/
    """
    if b"TARGETPLATFORM" not in project.dockerfile.source or "TARGETPLATFORM" in project.build_args:
        return
    pairs = [pair for arg in project.dockerfile.global_args for pair in arg.pairs()]
    if any(pair.key.text == "TARGETPLATFORM" and pair.value is not None for pair in pairs):
        return
    for stage in project.dockerfile.stages:
        flag = stage.from_.flag("platform")
        if flag is not None and _is_target(flag.value or ""):
            fix = Fix("Take the flag out", (remove_flag(stage.from_, flag),), Safety.SAFE)
            yield Finding(flag.span, f"{flag.value} is the default", fix=fix)


def _is_target(platform: str) -> bool:
    """True for the variable alone, with a default that is plain text."""
    if platform == "$TARGETPLATFORM":
        return True
    name, _, default = platform.removeprefix("${").removesuffix("}").partition(":-")
    return platform.startswith("${") and name == "TARGETPLATFORM" and not set(default) & set("${}")
