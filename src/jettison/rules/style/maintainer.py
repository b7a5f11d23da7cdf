"""MAINTAINER is out of use."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import replace
from jettison.findings import Allowance, Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule


@rule("JT625", aliases=("MaintainerDeprecated", "DL4000"), default=False)
def maintainer(project: Project) -> Iterator[Finding]:
    """MAINTAINER is out of use.

    What:
        A MAINTAINER instruction.

    Why:
        Docker has given it up since 2017; tools read the label.

    How it is fixed:
        It becomes a LABEL org.opencontainers.image.authors, which changes the configuration of the image:
        applied with a proof.

    When not:
        The label.

    References:
        https://docs.docker.com/reference/build-checks/maintainer-deprecated/
    """
    for instruction in project.dockerfile.instructions:
        if instruction.keyword != "MAINTAINER" or instruction.error:
            continue
        text = instruction.args.strip().strip("\"'")
        message = "MAINTAINER is out of use: tools read the label org.opencontainers.image.authors"
        if any(char in text for char in '"\\$\n`'):
            yield Finding(instruction.span, message, refused="its text has quotes or variables")
            continue
        label = f'LABEL org.opencontainers.image.authors="{text}"'
        allows = Allowance(config=("Labels", "Author"))
        fix = Fix("Say it as a label", (replace(instruction, label),), Safety.PROVEN, allows=allows)
        yield Finding(instruction.span, message, fix=fix)
