"""The base image may be another one tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.facts.bases import Reference
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT007", aliases=("DL3006", "DL3007"), default=False)
def unpinned_base(project: Project) -> Iterator[Finding]:
    """The base image may be another one tomorrow.

    What:
        A FROM without a tag or with `latest`.

    Why:
        Two builds of the same commit may stand on different releases, and a cache from last week is worth
        nothing after the tag has moved. A digest pins the bytes, and stops security updates too, which is why
        this is off unless asked for.

    How it is fixed:
        Not here: which tag or digest is meant, only a registry knows.

    When not:
        Names of earlier stages, `scratch`, and names that an ARG without a default gives.

    References:
        https://docs.docker.com/build/building/best-practices/#pin-base-image-versions
    """
    for stage in project.dockerfile.stages:
        if stage.base_stage is not None or stage.base == "scratch":
            continue
        name = project.scope(stage.from_).expand(stage.base).text
        reference = Reference.parse(name)
        if not name or "$" in name or reference.digest or reference.tag not in ("", "latest"):
            continue
        yield Finding(
            stage.from_.span,
            f"{reference.repository} stands for whatever release is the latest on the day of the build",
            refused="which tag or digest is meant, only a registry knows",
        )
