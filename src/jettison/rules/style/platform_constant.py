"""FROM names one platform for everybody."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.facts import load
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
        `$BUILDPLATFORM`, `$TARGETPLATFORM` and other variables; a stage whose name has the system or the
        architecture in it, the latter in Docker's spelling: `AS build-amd64`.

    References:
        https://docs.docker.com/reference/build-checks/from-platform-flag-const-disallowed/
        https://github.com/containerd/platforms
    """
    for stage in project.dockerfile.stages:
        if not stage.platform or "$" in stage.platform or stage.from_.error:
            continue
        parts = _read(stage.platform)
        if parts and not any(part in (stage.name or "") for part in parts):
            yield Finding(
                stage.from_.span,
                f"the stage is for {stage.platform}, whatever platform is asked for",
                refused="it may be meant",
            )


def _read(platform: str) -> tuple[str, ...]:
    """Operating system and architecture as Docker keeps them; nothing for what it does not understand.

    One word is a system, with whatever architecture the builder has, or an architecture of Linux.
    """
    known = load("platforms")
    first, *rest = platform.lower().split("/")
    name = first.partition("(")[0]
    system = known["system_names"].get(name, name)
    if not rest and system in known["systems"]:
        return (system,)
    architecture = rest[0] if rest else system
    architecture = known["architecture_names"].get(architecture, architecture)
    if not rest:
        return ("linux", architecture) if architecture in known["architectures"] else ()
    return (system, architecture) if system and architecture and len(rest) < 3 else ()
