"""The protocol of a port is in upper case."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import replace
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.ports import ports


@rule("JT630", aliases=("ExposeProtoCasing",), default=False)
def port_protocol_casing(project: Project) -> Iterator[Finding]:
    """The protocol of a port is in upper case.

    What:
        `EXPOSE 80/TCP`, written there or in a variable.

    Why:
        Docker shows it in lower case.

    How it is fixed:
        It is written in lower case.

    When not:
        Lower case. A port that comes out of a variable is told only.

    References:
        https://docs.docker.com/reference/build-checks/expose-proto-casing/
    """
    for instruction in project.dockerfile.instructions:
        for port in ports(project, instruction):
            protocol = port.protocol
            if protocol == protocol.lower():
                continue
            message = f"{protocol} is {protocol.lower()} for Docker"
            if port.written:
                new = port.text.removesuffix(protocol) + protocol.lower()
                fix = Fix("Write it in lower case", (replace(port.word, new),), Safety.SAFE)
                yield Finding(port.word.span, message, fix=fix)
            else:
                yield Finding(port.word.span, message, refused="it comes out of a variable")
