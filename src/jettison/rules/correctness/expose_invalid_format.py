"""EXPOSE names an address or a port of the host."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import replace
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import ports


@rule("JT611", aliases=("ExposeInvalidFormat",))
def expose_invalid_format(project: Project) -> Iterator[Finding]:
    """EXPOSE names an address or a port of the host.

    What:
        An EXPOSE has an IP address or a host port: `EXPOSE 8080:80`.

    Why:
        EXPOSE publishes nothing: address and host port are dropped without a word, and BuildKit will
        refuse them in a future release.

    How it is fixed:
        They are removed; the image stays the same.

    When not:
        A port that comes out of a variable is reported and not fixed.

    References:
        https://docs.docker.com/reference/build-checks/expose-invalid-format/
    """
    for stage in project.dockerfile.stages:
        for each in stage.instructions:
            for port in ports(project, each):
                if ":" not in port.text:
                    continue
                message = f"EXPOSE drops the address or host port of {port.text}"
                new = port.text.rpartition(":")[2]
                if port.written and new:
                    fix = Fix(f"Write what is exposed: {new}", (replace(port.word, new),), Safety.SAFE)
                    yield Finding(port.word.span, message, fix=fix)
                else:
                    yield Finding(port.word.span, message, refused="it comes out of a variable")
