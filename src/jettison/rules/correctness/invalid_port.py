"""EXPOSE names something that is no port."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT607", aliases=("ExposeInvalidFormat", "DL3011"))
def invalid_port(project: Project) -> Iterator[Finding]:
    """EXPOSE names something that is no port.

    What:
        An EXPOSE with an address, a host port (`8080:80`) or a number above 65535.

    Why:
        The builder ignores the host part and may refuse it later; a number above 65535 fails.

    How it is fixed:
        Not automatically: which port is meant is not known.

    When not:
        Ranges, protocols, and variables.

    References:
        https://docs.docker.com/reference/build-checks/expose-invalid-format/
    """
    for instruction in project.dockerfile.instructions:
        if instruction.keyword != "EXPOSE":
            continue
        for word in instruction.words:
            text = word.text.partition("/")[0]
            numbers = text.split("-")
            if "$" in word.text or all(_is_port(n) for n in numbers):
                continue
            yield Finding(
                instruction.span,
                f"{word.text} is no port of a container",
                refused="`docker run -p` publishes; which port the program listens on is not known",
            )


def _is_port(text: str) -> bool:
    return text.isascii() and text.isdigit() and len(text) < 10 and int(text) < 65536
