"""An empty line stands in the middle of an instruction."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Dockerfile, Instruction
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Edit, Span


@rule("JT623", aliases=("NoEmptyContinuation",), default=False)
def empty_continuation(project: Project) -> Iterator[Finding]:
    """An empty line stands in the middle of an instruction.

    What:
        A blank line after a line that ends in a backslash, at the end of the file too.

    Why:
        Docker skips it today and warns that it may become an error.

    How it is fixed:
        The line is taken out; it is no part of the command.

    When not:
        Comment lines, and blank lines in heredocs.

    References:
        https://docs.docker.com/reference/build-checks/no-empty-continuation/
    """
    dockerfile = project.dockerfile
    for instruction in dockerfile.instructions:
        if instruction.start_line == instruction.end_line:
            continue
        edits = tuple(Edit(span, b"") for span in _empty_lines(dockerfile, instruction))
        if edits:
            fix = Fix("Take out the empty lines", edits, Safety.SAFE)
            yield Finding(instruction.span, "an empty line stands in the middle of this instruction", fix=fix)


def _empty_lines(dockerfile: Dockerfile, instruction: Instruction) -> list[Span]:
    """The empty lines after the first line and before the heredocs, those at the end of the file too."""
    last = instruction.end_line
    if instruction.heredocs:
        last = dockerfile.position(instruction.heredocs[0].body_span.start).line - 1
    spans = [dockerfile.line_span(number) for number in range(instruction.start_line + 1, last + 1)]
    return [span for span in spans if not dockerfile.source[span.start : span.end].strip()]
