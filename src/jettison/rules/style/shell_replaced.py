"""/bin/sh is replaced by a link instead of a SHELL."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT673", aliases=("DL4005",), default=False)
def shell_replaced(project: Project) -> Iterator[Finding]:
    """/bin/sh is replaced by a link instead of a SHELL.

    What:
        `ln -sf /bin/bash /bin/sh` in a RUN.

    Why:
        Every script of the image runs in another shell from then on, the package manager's too; the next
        update of the package that owns /bin/sh takes the link away again.

    How it is fixed:
        Not automatically: SHELL says what the following RUNs run in, but what else relies on the link is not
        known.

    When not:
        Links to other places.

    References:
        https://docs.docker.com/reference/dockerfile/#shell
        https://github.com/hadolint/hadolint/wiki/DL4005
    """
    if b"/bin/sh" not in project.dockerfile.source:
        return
    for stage in project.dockerfile.stages:
        for _, script in project.runs(stage):
            for command in script.named("ln"):
                places = [word.text for word in command.operands]
                if len(places) > 1 and places[-1] in ("/bin/sh", "/usr/bin/sh"):
                    yield Finding(
                        command.span,
                        f"SHELL does for RUNs what this link to {places[0]} does for the whole image",
                        refused="what else relies on the link is not known",
                    )
