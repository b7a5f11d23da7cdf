"""The failure of the first command of a pipe goes unnoticed."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT665", aliases=("DL4006",), default=False)
def pipe_without_pipefail(project: Project) -> Iterator[Finding]:
    """The failure of the first command of a pipe goes unnoticed.

    What:
        A RUN with a pipe and without `set -o pipefail`, in a shell that has it.

    Why:
        `curl … | tar …` succeeds when curl fails, as only the last command counts.

    How it is fixed:
        Not automatically: dash, the shell of Debian, has no pipefail, and SHELL would hold for every later
        RUN.

    When not:
        A SHELL with pipefail.

    References:
        https://github.com/hadolint/hadolint/wiki/DL4006
    """
    for stage in project.dockerfile.stages:
        for run, script in project.runs(stage):
            if not script.ok or script.form == "json" or script.pipefail:
                continue
            if any("pipefail" in word for word in project.scope(run).shell):
                continue
            if any(item.kind == "pipeline" for item in script.items) or any(
                "pipeline" in c.context for c in script.commands
            ):
                yield Finding(
                    run.span,
                    "when a command before the last of a pipe fails, this RUN succeeds all the same",
                    refused="dash has no pipefail, and SHELL would hold for every later RUN",
                )
