"""The image says nothing about its health."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT667", aliases=("DL3057",), default=False)
def health_check_missing(project: Project) -> Iterator[Finding]:
    """The image says nothing about its health.

    What:
        A stage that ships without HEALTHCHECK.

    Why:
        Docker alone does not notice a program that hangs; Kubernetes has checks of its own.

    How it is fixed:
        Not automatically: what shows that the program is well is not known.

    When not:
        A HEALTHCHECK, NONE included.

    References:
        https://github.com/hadolint/hadolint/wiki/DL3057
    """
    stage = project.final_stage
    if stage is None or not any(i.keyword in ("CMD", "ENTRYPOINT") for i in stage.instructions):
        return
    if not any(i.keyword == "HEALTHCHECK" for each in project.shipped for i in each.instructions):
        yield Finding(
            stage.from_.span,
            "the image has no HEALTHCHECK",
            refused="what shows that the program is well is not known",
        )
