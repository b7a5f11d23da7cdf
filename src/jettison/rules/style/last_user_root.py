"""The container runs as root because the last USER says so."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT661", aliases=("DL3002",), default=False)
def last_user_root(project: Project) -> Iterator[Finding]:
    """The container runs as root because the last USER says so.

    What:
        A last USER root or 0 in the stage that ships.

    Why:
        A program that is taken over is root in its container.

    How it is fixed:
        Not automatically: which user may read and write what the program needs is not known.

    When not:
        No USER at all: whether the base image sets one is not known here.

    References:
        https://github.com/hadolint/hadolint/wiki/DL3002
    """
    stage = project.final_stage
    users = [i for i in stage.instructions if i.keyword == "USER" and not i.error] if stage else []
    if users and users[-1].args.strip().partition(":")[0] in ("root", "0"):
        yield Finding(
            users[-1].span,
            "the container runs as root",
            refused="which user can do what the program needs is not known",
        )
