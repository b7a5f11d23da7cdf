"""WORKDIR is relative to one that is not known."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.facts.bases import Reference
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.basevariables import sets_path_alone

_WINDOWS_ABSOLUTE = re.compile(r"(?:[A-Za-z]:)?[\\/]")


@rule("JT626", aliases=("WorkdirRelativePath", "DL3000"), default=False)
def relative_workdir(project: Project) -> Iterator[Finding]:
    """WORKDIR is relative to one that is not known.

    What:
        The first WORKDIR of a stage is relative, also where a variable in it says so, or is empty.

    Why:
        Where it leads depends on the base image.

    How it is fixed:
        Not automatically: the folder of the base image is not known here.

    When not:
        After another WORKDIR of the stage or of the stage that it is built FROM; a variable that the base
        image may set.

    References:
        https://docs.docker.com/reference/build-checks/workdir-relative-path/
    """
    settled: set[int] = set()
    for stage in project.dockerfile.stages:
        first = next((i for i in stage.instructions if i.keyword == "WORKDIR" and not i.error), None)
        if stage.base_stage in settled:
            settled.add(stage.index)
        elif first is not None:
            settled.add(stage.index)
            path = _path(project, stage, first)
            if path is not None and not _absolute(project, stage, path):
                yield Finding(
                    first.span,
                    f"{path or first.args} is relative to the folder of {stage.base}, whatever that is",
                    refused="the folder of the base image is not known here",
                )


def _path(project: Project, stage: Stage, workdir: Instruction) -> str | None:
    """The path with its variables replaced; None when the base image may set one of them."""
    scope = project.scope(workdir)
    found = scope.expand(workdir.words[0].text, workdir.escape)
    if found.error or (set(found.missing) - set(scope.args) and not sets_path_alone(project, stage)):
        return None
    return found.text


def _absolute(project: Project, stage: Stage, path: str) -> bool:
    if project.dockerfile.escape == "`" or Reference.parse(project.base_of(stage)).windows:
        return _WINDOWS_ABSOLUTE.match(path) is not None
    return path.startswith("/")
