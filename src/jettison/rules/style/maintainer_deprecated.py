"""MAINTAINER is deprecated."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction
from jettison.dockerfile.edit import replace
from jettison.findings import Allowance, Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import quote

_LABEL = "org.opencontainers.image.authors"


@rule("JT618", aliases=("MaintainerDeprecated",), default=False)
def maintainer_deprecated(project: Project) -> Iterator[Finding]:
    """MAINTAINER is deprecated.

    What:
        The Dockerfile has a MAINTAINER.

    Why:
        Docker keeps it for old files only; a label says it where tools look.

    How it is fixed:
        It becomes `LABEL org.opencontainers.image.authors`. That adds a label and drops the author
        field of the image, so a build has to agree.

    When not:
        The stage has that label already: reported, not fixed.

    References:
        https://docs.docker.com/reference/build-checks/maintainer-deprecated/
    """
    for stage in project.dockerfile.stages:
        labels = [p.key.text for each in stage.instructions if each.keyword == "LABEL" for p in each.pairs()]
        for each in stage.instructions:
            if each.keyword != "MAINTAINER" or each.error is not None:
                continue
            message = "MAINTAINER is deprecated in favour of a label"
            quoted = quote(each.args)
            if any(_LABEL in label for label in labels) or quoted is None or b"\n" in _text(project, each):
                why = "the label is set already, or the text needs quoting by hand"
                yield Finding(each.span, message, refused=why)
                continue
            new = f"LABEL {_LABEL}={quoted}"
            allows = Allowance(config=("Labels",))
            yield Finding(
                each.span,
                message,
                fix=Fix(f"Write {new}", (replace(each, new),), Safety.PROVEN, allows=allows),
            )


def _text(project: Project, instruction: Instruction) -> bytes:
    return project.dockerfile.source[instruction.span.start : instruction.span.end]
