"""The comment above an ARG or a stage is not its description."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator

from jettison.dockerfile import Dockerfile, Instruction
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT608", aliases=("InvalidDefinitionDescription",), default=False)
def definition_description(project: Project) -> Iterator[Finding]:
    """The comment above an ARG or a stage is not its description.

    What:
        The last comment line above an ARG or a FROM with a name does not begin with that name.

    Why:
        `docker build --call=outline` shows that comment as the description when it begins with the name. It
        is an experiment of Docker's.

    How it is fixed:
        Not automatically: whether the comment is a description is not known. Begin it with the name, or put
        a line with `#` alone between.

    When not:
        Comments that another instruction or an empty comment divides from it; an empty line does not.

    References:
        https://docs.docker.com/reference/build-checks/invalid-definition-description/
        BuildKit frontend/dockerfile/parser/parser.go (Parse)
    """
    if not project.dockerfile.comments:
        return
    after = 0
    for instruction in project.dockerfile.instructions:
        names = _names(instruction)
        text = _comment(project.dockerfile, after, instruction.span.start) if names else ""
        after = instruction.span.end
        if text and text.split(" ")[0] not in names:
            yield Finding(
                instruction.span,
                f"the comment above does not begin with {names[0]}",
                refused="whether it is meant as the description is not known",
            )


def _names(instruction: Instruction) -> list[str]:
    """The names that an ARG or FROM gives."""
    if instruction.error:
        return []
    if instruction.keyword == "ARG":
        return [pair.key.text for pair in instruction.pairs()]
    words = instruction.words
    return [words[2].text.lower()] if instruction.keyword == "FROM" and len(words) == 3 else []


def _comment(dockerfile: Dockerfile, start: int, end: int) -> str:
    """The last comment between two places, "" where it is empty or there is none."""
    index = bisect_left(dockerfile.comments, end, key=lambda comment: comment.span.start) - 1
    last = dockerfile.comments[index] if index >= 0 else None
    return last.text if last is not None and last.span.start >= start else ""
