"""A RUN calls a program that needs a terminal, a machine or a service."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.facts import load
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT671", aliases=("DL3001",), default=False)
def pointless_command(project: Project) -> Iterator[Finding]:
    """A RUN calls a program that needs a terminal, a machine or a service.

    What:
        `vim`, `top`, `ps`, `kill`, `free`, `mount`, `service`, `shutdown` or `ssh` in a RUN.

    Why:
        A build has no terminal, no init system and no processes but its own: a service that a RUN starts is
        gone when the RUN ends.

    How it is fixed:
        Not automatically: what was meant is not known.

    When not:
        The same words as arguments, such as packages to install.

    References:
        https://github.com/hadolint/hadolint/wiki/DL3001
    """
    names = load("checks")["pointless"]["commands"]
    for stage in project.dockerfile.stages:
        for _, script in project.runs(stage):
            for command in script.named(*names):
                yield Finding(
                    command.span,
                    f"{command.name} has nothing to work on in a build",
                    refused="what was meant is not known; what the container needs belongs into CMD",
                )
