"""ENV uses a variable that the same ENV sets."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import expand
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
        Names that an earlier ENV or ARG has set, names with a default (`${A:-x}`), text in single quotes.

    References:
        https://docs.docker.com/reference/dockerfile/#environment-replacement
    """
    for stage in project.dockerfile.stages:
        for instruction in stage.instructions:
            if instruction.keyword != "ENV" or instruction.error:
                continue
            pairs = instruction.pairs()
            if len(pairs) < 2 or b"$" not in instruction.line.data:
                continue
            own = {pair.key.text for pair in pairs}
            known = project.scope(instruction).variables
            for pair in pairs:
                value = pair.value.text if pair.value else ""
                for name in expand(value, known, instruction.escape).missing:
                    if name in own and name != pair.key.text and f"{{{name}:" not in value:
                        yield Finding(
                            instruction.span,
                            f"{pair.key.text} uses ${name}, which is set only after this ENV",
                            refused="write two ENV instructions: the order is yours to choose",
                        )
