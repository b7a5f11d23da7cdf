"""MAINTAINER is out of use."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import replace
from jettison.findings import Allowance, Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule

_LABEL = "org.opencontainers.image.authors"


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
        The label. Where the stage has the label already, or the text quotes of both kinds, it is told only.

    References:
        https://docs.docker.com/reference/build-checks/maintainer-deprecated/
    """
    for stage in project.dockerfile.stages:
        labels = [p.key.text for i in stage.instructions if i.keyword == "LABEL" for p in i.pairs()]
        for instruction in stage.instructions:
            if instruction.keyword != "MAINTAINER" or instruction.error:
                continue
            message = f"MAINTAINER is out of use: tools read the label {_LABEL}"
            value = _quoted(instruction.args)
            if any(_LABEL in label for label in labels):
                yield Finding(instruction.span, message, refused="the stage sets that label already")
            elif value is None or b"\n" in project.dockerfile.source[slice(*instruction.span)]:
                yield Finding(instruction.span, message, refused="its text needs quoting by hand")
            else:
                edit = replace(instruction, f"LABEL {_LABEL}={value}")
                allows = Allowance(config=("Labels", "Author"))
                fix = Fix("Say it as a label", (edit,), Safety.PROVEN, allows=allows)
                yield Finding(instruction.span, message, fix=fix)


def _quoted(text: str) -> str | None:
    """The text as one value in which no variable is read; None when quotes alone do not do it."""
    plain = text.strip()
    if len(plain) > 1 and plain[0] == plain[-1] and plain[0] in "\"'":
        plain = plain[1:-1]
    if not any(character in plain for character in '"\\$`'):
        return f'"{plain}"'
    return None if "'" in plain else f"'{plain}'"
