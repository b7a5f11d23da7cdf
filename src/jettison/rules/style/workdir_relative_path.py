"""The first WORKDIR of a stage is relative."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT608", aliases=("WorkdirRelativePath",), default=False)
def workdir_relative_path(project: Project) -> Iterator[Finding]:
    """The first WORKDIR of a stage is relative.

    What:
        A stage uses a relative WORKDIR before any absolute one.

    Why:
        Where it leads depends on the base image, and changes with it.

    How it is fixed:
        By hand: write the absolute path.

    When not:
        A relative WORKDIR after an absolute one of the same stage, or of the stage that it is built
        FROM.

    References:
        https://docs.docker.com/reference/build-checks/workdir-relative-path/
    """
    absolute: set[int] = set()
    for stage in project.dockerfile.stages:
        found = [each for each in stage.instructions if each.keyword == "WORKDIR" and each.error is None]
        if not found:
            if stage.base_stage in absolute:
                absolute.add(stage.index)
            continue
        path = project.scope(found[0]).expand(found[0].words[0].text, found[0].escape).text
        if stage.base_stage not in absolute and not path.startswith("/"):
            yield Finding(found[0].span, f"where {path} lies depends on the base image")
        absolute.add(stage.index)
