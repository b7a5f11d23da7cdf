"""FROM asks for the platform it gets anyway."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import remove_flag
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule


@rule("JT609", aliases=("RedundantTargetPlatform",), default=False)
def redundant_target_platform(project: Project) -> Iterator[Finding]:
    """FROM asks for the platform it gets anyway.

    What:
        A FROM has `--platform=$TARGETPLATFORM`.

    Why:
        That is what Docker does without it.

    How it is fixed:
        The flag is removed.

    When not:
        An ARG before the first FROM gives TARGETPLATFORM another value, or the call does.

    References:
        https://docs.docker.com/reference/build-checks/redundant-target-platform/
    """
    if b"TARGETPLATFORM" not in project.dockerfile.source or "TARGETPLATFORM" in project.build_args:
        return
    own = {pair.key.text for arg in project.dockerfile.global_args for pair in arg.pairs() if pair.value}
    if "TARGETPLATFORM" in own:
        return
    for stage in project.dockerfile.stages:
        flag = stage.from_.flag("platform")
        if flag is not None and _is_target(flag.value):
            fix = Fix("Drop the platform that is the default", (remove_flag(stage.from_, flag),), Safety.SAFE)
            yield Finding(flag.span, f"{flag.value} is the platform that FROM takes anyway", fix=fix)


def _is_target(platform: str | None) -> bool:
    """True for nothing but the variable, which is never empty: a default after `:-` is never used."""
    if platform == "$TARGETPLATFORM":
        return True
    inner = (platform or "").removeprefix("${").removesuffix("}")
    name, _, default = inner.partition(":-")
    return platform == f"${{{inner}}}" and name == "TARGETPLATFORM" and not set(default) & set("$}")
