"""ENV uses a variable that the same ENV sets."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT653", aliases=("DL3044",))
def env_refers_to_itself(project: Project) -> Iterator[Finding]:
    """ENV uses a variable that the same ENV sets.

    What:
        An ENV with several names one of which uses another that it sets, and that was not set before.

    Why:
        Every value is expanded before any is set: the variable is empty there.

    How it is fixed:
        Not automatically: two ENV instructions are what is meant, in an order that is yours to choose.

    When not:
        Names that an earlier ENV or ARG has set, such as PATH.

    References:
        https://docs.docker.com/reference/dockerfile/#environment-replacement
    """
    for stage in project.dockerfile.stages:
        for instruction in stage.instructions:
            if instruction.keyword != "ENV" or instruction.error:
                continue
            pairs = instruction.pairs()
            if len(pairs) < 2:
                continue
            known = project.scope(instruction).variables
            for number, pair in enumerate(pairs):
                value = pair.value.text if pair.value else ""
                for other in pairs[:number]:
                    name = other.key.text
                    if name != pair.key.text and name not in known and f"${name}" in value.replace("{", ""):
                        yield Finding(
                            instruction.span,
                            f"{pair.key.text} uses ${name}, which is set only after this ENV",
                            refused="write two ENV instructions: the order is yours to choose",
                        )
