"""The base image has been given up, and something in this file fails for it."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from jettison.dockerfile import Stage
from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT008")
def retired_base(project: Project) -> Iterator[Finding]:
    """The base image has been given up, and something in this file fails for it.

    What:
        A FROM on a distribution whose package servers have moved, beside a RUN that installs packages; or on
        an image that is withdrawn.

    Why:
        `apt-get update` fails with 404, `yum install` finds no mirror: the image can be built only as long as
        that layer is in somebody's cache.

    How it is fixed:
        Not automatically: another release brings other versions of everything. What its makers name instead
        is told.

    When not:
        End of life alone is no finding: an old image without package installs builds as ever. Files that
        point apt to the archive servers themselves are left alone.

    References:
        https://www.debian.org/releases/
        https://www.centos.org/centos-linux-eol/
    """
    for stage in project.dockerfile.stages:
        if stage.base_stage is not None:
            continue
        reference = Reference.parse(project.base_of(stage))
        row = _row(reference)
        if row is not None and _concerned(project, stage, row):
            name = f"{reference.repository}:{reference.tag}" if reference.tag else reference.repository
            yield Finding(
                stage.from_.span,
                f"{name} has been given up: {row['breaks']}",
                refused=f"{row['instead']} brings other versions, so choosing it is yours",
            )


def _row(reference: Reference) -> dict[str, Any] | None:
    for row in load("retired-bases")["retired"]:
        if not any(fnmatchcase(reference.repository, name) for name in row["images"]):
            continue
        numbers = "release_only" not in row or reference.repository in row["release_only"]
        for tag in row["tags"]:
            if fnmatchcase(reference.tag or "latest", tag) and (numbers or tag.startswith("*")):
                found: dict[str, Any] = row
                return found
    return None


def _concerned(project: Project, stage: Stage, row: dict[str, Any]) -> bool:
    """True when a RUN of the stage, or of one built FROM it, asks the servers that have moved."""
    if "manager" not in row:
        return True
    if any(
        word in project.dockerfile.source for word in (b"archive.", b"old-releases", b"vault.", b"mirror")
    ):
        return False
    from jettison.shell.packages import action

    stages = [each for each in project.dockerfile.stages if each is stage or each.base_stage == stage.index]
    for each in stages:
        for _, script in project.runs(each):
            for command in script.commands:
                done = action(command)
                if done is not None and done.manager.family == row["manager"] and done.verb != "clean":
                    return True
    return False
