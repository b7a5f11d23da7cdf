"""A RUN uses sudo."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT663", aliases=("DL3004",), default=False)
def sudo_in_build(project: Project) -> Iterator[Finding]:
    """A RUN uses sudo.

    What:
        A command behind sudo.

    Why:
        A RUN is root unless USER says otherwise; sudo brings another environment and another signal handling.

    How it is fixed:
        Not automatically: the environment differs. USER root around the RUN says the same.

    When not:
        The word in other places.

    References:
        https://github.com/hadolint/hadolint/wiki/DL3004
    """
    for stage in project.dockerfile.stages:
        for _, script in project.runs(stage):
            for command in script.commands if script.ok else ():
                if "sudo" in command.wrappers or command.name == "sudo":
                    yield Finding(
                        command.span,
                        "sudo has no use in a build: USER says who runs a command",
                        refused="the environment of the command would be another one",
                    )
