"""An empty line stands in the middle of an instruction."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Edit, Span


@rule("JT623", aliases=("NoEmptyContinuation",), default=False)
def empty_continuation(project: Project) -> Iterator[Finding]:
    """An empty line stands in the middle of an instruction.

    What:
        A blank line after a line that ends in a backslash.

    Why:
        Docker skips it today and warns that it may become an error.

    How it is fixed:
        The line is taken out; it is no part of the command.

    When not:
        Comment lines, and blank lines in heredocs.

    References:
        https://docs.docker.com/reference/build-checks/no-empty-continuation/
    """
    source = project.dockerfile.source
    for instruction in project.dockerfile.instructions:
        end = min([doc.body_span.start for doc in instruction.heredocs], default=instruction.content_end)
        start, edits = instruction.span.start, []
        while True:
            start = source.find(b"\n", start, end)
            if start < 0:
                break
            stop = source.find(b"\n", start + 1, end)
            if stop > 0 and not source[start + 1 : stop].strip():
                edits.append(Edit(Span(start + 1, stop + 1), b""))
            start += 1
        if edits:
            fix = Fix("Take out the empty lines", tuple(edits), Safety.SAFE)
            yield Finding(instruction.span, "an empty line stands in the middle of this instruction", fix=fix)
