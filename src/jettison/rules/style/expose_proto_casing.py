"""The protocol of an EXPOSE is not in lower case."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import replace
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import ports


@rule("JT612", aliases=("ExposeProtoCasing",), default=False)
def expose_proto_casing(project: Project) -> Iterator[Finding]:
    """The protocol of an EXPOSE is not in lower case.

    What:
        An EXPOSE says `80/TCP`.

    Why:
        Docker keeps it in lower case; tools that compare the text do not find it.

    How it is fixed:
        It is written in lower case; the image stays the same.

    When not:
        A port that comes out of a variable is reported and not fixed.

    References:
        https://docs.docker.com/reference/build-checks/expose-proto-casing/
    """
    for stage in project.dockerfile.stages:
        for each in stage.instructions:
            for port in ports(project, each):
                number, _, proto = port.text.partition("/")
                if proto == proto.lower():
                    continue
                message = f"the protocol of {port.text} should be in lower case"
                if port.written:
                    new = f"{number}/{proto.lower()}"
                    fix = Fix(f"Write {new}", (replace(port.word, new),), Safety.SAFE)
                    yield Finding(port.word.span, message, fix=fix)
                else:
                    yield Finding(port.word.span, message, refused="it comes out of a variable")
