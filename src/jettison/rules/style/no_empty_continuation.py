"""An empty line stands inside an instruction."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Dockerfile, Instruction
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Edit, Span


@rule("JT616", aliases=("NoEmptyContinuation",), default=False)
def no_empty_continuation(project: Project) -> Iterator[Finding]:
    """An empty line stands inside an instruction.

    What:
        An instruction goes on over an empty line.

    Why:
        BuildKit warns that this will become an error.

    How it is fixed:
        The empty lines are removed. Docker skips them, so nothing else changes.

    When not:
        Heredocs, and lines with only a comment or the escape character.

    References:
        https://docs.docker.com/reference/build-checks/no-empty-continuation/
    """
    dockerfile = project.dockerfile
    for instruction in dockerfile.instructions:
        if instruction.start_line == instruction.end_line:
            continue
        empty = _empty_lines(dockerfile, instruction)
        if empty:
            fix = Fix("Drop the empty lines", tuple(Edit(span, b"") for span in empty), Safety.SAFE)
            yield Finding(empty[0], f"this {instruction.keyword} goes on over an empty line", fix=fix)


def _empty_lines(dockerfile: Dockerfile, instruction: Instruction) -> list[Span]:
    last = instruction.end_line
    if instruction.heredocs:
        last = dockerfile.position(instruction.heredocs[0].body_span.start).line - 1
    spans = [dockerfile.line_span(number) for number in range(instruction.start_line + 1, last + 1)]
    return [span for span in spans if not dockerfile.source[span.start : span.end].strip()]
