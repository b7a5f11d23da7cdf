"""EXPOSE names something that is no port of the container."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.edit import replace
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.ports import Port, is_range, ports


@rule("JT607", aliases=("ExposeInvalidFormat", "DL3011"))
def invalid_port(project: Project) -> Iterator[Finding]:
    """EXPOSE names something that is no port of the container.

    What:
        An EXPOSE with an address, a host port (`8080:80`) or a number above 65535, written there or in a
        variable.

    Why:
        EXPOSE publishes nothing: the builder drops address and host port without a word, and may refuse them
        later; a number above 65535 fails.

    How it is fixed:
        Address and host port are taken out: the image stays the same. `docker run -p` publishes.

    When not:
        Ranges, protocols, and variables that are empty here. A number above 65535 and a port that comes out
        of a variable are told only.

    References:
        https://docs.docker.com/reference/build-checks/expose-invalid-format/
        BuildKit frontend/dockerfile/dockerfile2llb/convert_expose.go
    """
    for instruction in project.dockerfile.instructions:
        for port in ports(project, instruction):
            if port.host or not is_range(port.container):
                yield _finding(port)


def _finding(port: Port) -> Finding:
    if not is_range(port.container):
        why = "which port the program listens on is not known"
        return Finding(port.word.span, f"{port.text} is no port of a container", refused=why)
    message = f"EXPOSE drops {port.host} from {port.text}: it publishes nothing"
    if not port.written:
        return Finding(port.word.span, message, refused="it comes out of a variable")
    if not _is_host(port.host):
        return Finding(port.word.span, message, refused="address or host port are none: the build fails")
    new = port.text.rpartition(":")[2]
    fix = Fix(f"Write what is exposed: {new}", (replace(port.word, new),), Safety.SAFE)
    return Finding(port.word.span, message, fix=fix)


def _is_host(host: str) -> bool:
    """True for a port or range of the host, or an address and one or none."""
    import ipaddress

    address, colon, number = host.rpartition(":")
    if number and not is_range(number):
        return False
    try:
        return not colon or bool(ipaddress.ip_address(address.removeprefix("[").removesuffix("]")))
    except ValueError:
        return False
