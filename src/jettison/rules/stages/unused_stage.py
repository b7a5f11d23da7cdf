"""A stage that nothing needs."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT402", default=False)
def unused_stage(project: Project) -> Iterator[Finding]:
    """A stage that nothing needs.

    What:
        A stage that the last one needs neither as base nor by COPY --from or a mount.

    Why:
        BuildKit does not build it, so it costs neither bytes nor seconds; the legacy builder builds it.
        Whoever reads the file wonders what it is for.

    How it is fixed:
        Not automatically: `--target` may name it, in a Compose file or in CI. Off by default, as it costs
        nothing.

    When not:
        Stages that the last one needs, through others too.

    References:
        https://docs.docker.com/build/building/multi-stage/#differences-between-legacy-builder-and-buildkit
    """
    final = project.final_stage
    if final is None or len(project.dockerfile.stages) < 2:
        return
    needed = {stage.index for stage in project.dockerfile.lineage(final)}
    for stage in project.dockerfile.stages:
        if stage.index not in needed:
            name = stage.name or f"number {stage.index}"
            yield Finding(
                stage.from_.span,
                f"the last stage does not need the stage {name}, and BuildKit does not build it",
                refused="`--target` may name it elsewhere",
            )
