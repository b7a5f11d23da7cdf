"""Both wget and curl are used."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT666", aliases=("DL4001",), default=False)
def wget_and_curl(project: Project) -> Iterator[Finding]:
    """Both wget and curl are used.

    What:
        A file in whose RUNs both are called.

    Why:
        One of them is installed for nothing.

    How it is fixed:
        Not automatically: their options differ.

    When not:
        One of them.

    References:
        https://github.com/hadolint/hadolint/wiki/DL4001
    """
    if b"wget" not in project.dockerfile.source or b"curl" not in project.dockerfile.source:
        return
    for stage in project.dockerfile.stages:
        used: set[str] = set()
        for run, script in project.runs(stage):
            here = {command.name for command in script.commands} & {"wget", "curl"}
            if here and (used | here) == {"wget", "curl"}:
                yield Finding(run.span, "both wget and curl are used", refused="their options differ")
                break
            used |= here
