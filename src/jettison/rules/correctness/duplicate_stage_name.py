"""Two stages have the same name."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT604", aliases=("DuplicateStageName", "DL3024"))
def duplicate_stage_name(project: Project) -> Iterator[Finding]:
    """Two stages have the same name.

    What:
        A stage whose name, in lower case, an earlier stage has already.

    Why:
        The later one wins: `COPY --from` and `--target` mean another stage than the one that is read first.

    How it is fixed:
        Not automatically: which of them the references mean is what is in doubt.

    When not:
        Stages without a name.

    References:
        https://docs.docker.com/reference/build-checks/duplicate-stage-name/
    """
    seen: set[str] = set()
    for stage in project.dockerfile.stages:
        if stage.name is not None and stage.name in seen:
            yield Finding(
                stage.from_.span,
                f"an earlier stage is called {stage.name} too, and can no longer be named",
                refused="which of them COPY --from means is what is in doubt",
            )
        seen.add(stage.name or "")
