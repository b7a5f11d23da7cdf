"""The base image may be another one tomorrow."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import replace
from jettison.facts.bases import Reference
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule


@rule("JT007", aliases=("DL3006", "DL3007"), order=90, default=False)
def unpinned_base(project: Project) -> Iterator[Finding]:
    """The base image may be another one tomorrow.

    What:
        A FROM without a tag or with `latest`.

    Why:
        Two builds of the same commit may stand on different releases, and a cache from last week is worth
        nothing after the tag has moved. A digest pins the bytes, and stops security updates too, which is why
        this is off unless asked for.

    How it is fixed:
        The digest is put behind the name where one is known: from `jettison facts refresh`, or of the image
        of that name that the engine has, which is what a build takes now. Applied once a build agrees.
        Without either it is told only: which image is meant, only a registry knows.

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
        message = f"{reference.repository} stands for whatever release is the latest on the day of the build"
        known = project.digest_of(name)
        if known is None:
            reason = "no digest is known here: `jettison facts refresh` or a local image would tell one"
            yield Finding(stage.from_.span, message, refused=reason)
        elif "$" in stage.base:
            yield Finding(
                stage.from_.span, message, refused=f"it comes out of a variable; now {known.digest}"
            )
        else:
            pinned = f"{stage.base}@{known.digest}"
            edit = replace(stage.from_.words[0], pinned)
            fix = Fix(f"Pin it to {known.digest[:19]}, from {known.source}", (edit,), Safety.PROVEN)
            yield Finding(stage.from_.span, message, fix=fix)
