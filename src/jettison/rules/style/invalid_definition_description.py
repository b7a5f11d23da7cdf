"""The comment above an ARG or a stage does not describe it."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import description


@rule("JT619", aliases=("InvalidDefinitionDescription",), default=False)
def invalid_definition_description(project: Project) -> Iterator[Finding]:
    """The comment above an ARG or a stage does not describe it.

    What:
        The comment directly above an ARG or a named FROM does not begin with its name.

    Why:
        `docker build --call=outline` shows such a comment as the description; Docker has this check as
        an experiment.

    How it is fixed:
        By hand: begin the comment with the name, or put an empty comment line between.

    When not:
        Comments that an empty comment line or another instruction divides from it.

    References:
        https://docs.docker.com/reference/build-checks/invalid-definition-description/
    """
    dockerfile = project.dockerfile
    if not dockerfile.comments:
        return
    previous = 0
    for each in dockerfile.instructions:
        names = _names(each)
        text = description(dockerfile, previous, each) if names else ""
        previous = each.span.end
        if text and text.split(" ")[0] not in names:
            yield Finding(each.span, f"the comment above does not begin with {names[0]}")


def _names(instruction: Instruction) -> list[str]:
    if instruction.error is not None:
        return []
    if instruction.keyword == "ARG":
        return [pair.key.text for pair in instruction.pairs()]
    words = instruction.words
    return [words[2].text.lower()] if instruction.keyword == "FROM" and len(words) == 3 else []
