"""The protocol of a port is in upper case."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Edit


@rule("JT630", aliases=("ExposeProtoCasing",), default=False)
def port_protocol_casing(project: Project) -> Iterator[Finding]:
    """The protocol of a port is in upper case.

    What:
        `EXPOSE 80/TCP`.

    Why:
        Docker shows it in lower case.

    How it is fixed:
        It is written in lower case.

    When not:
        Lower case.

    References:
        https://docs.docker.com/reference/build-checks/expose-proto-casing/
    """
    for instruction in project.dockerfile.instructions:
        if instruction.keyword != "EXPOSE":
            continue
        for word in instruction.words:
            port, slash, protocol = word.text.partition("/")
            if slash and protocol != protocol.lower() and "$" not in protocol:
                edit = Edit(word.span, f"{port}/{protocol.lower()}".encode("utf-8", "surrogateescape"))
                fix = Fix("Write it in lower case", (edit,), Safety.SAFE)
                yield Finding(word.span, f"{protocol} is {protocol.lower()} for Docker", fix=fix)
