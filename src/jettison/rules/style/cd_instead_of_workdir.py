"""A RUN changes its folder where WORKDIR could."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT662", aliases=("DL3003",), default=False)
def cd_instead_of_workdir(project: Project) -> Iterator[Finding]:
    """A RUN changes its folder where WORKDIR could.

    What:
        A RUN whose first command is `cd`.

    Why:
        Every RUN starts in the WORKDIR again; it has to be said each time.

    How it is fixed:
        Not automatically: a WORKDIR would hold for every later instruction too.

    When not:
        A `cd` in a subshell or in the middle of a RUN.

    References:
        https://github.com/hadolint/hadolint/wiki/DL3003
    """
    for stage in project.dockerfile.stages:
        for _, script in project.runs(stage):
            for command in script.commands if script.ok else ():
                if command.name == "cd":
                    yield Finding(
                        command.span,
                        "cd holds for this RUN only",
                        refused="a WORKDIR would hold for every later instruction too",
                    )
                    break
