"""Several files are copied to one that is no folder."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Edit, Span


@rule("JT651", aliases=("DL3021",))
def copy_to_file(project: Project) -> Iterator[Finding]:
    """Several files are copied to one that is no folder.

    What:
        A COPY or ADD with several sources, or a glob, whose destination does not end in `/`.

    Why:
        With several sources the builder refuses it: "the destination must be a directory and end with a /".

    How it is fixed:
        With a `/` at the end of the destination.

    When not:
        A destination `.` or `..`, variables, and a single source.

    References:
        https://docs.docker.com/reference/dockerfile/#copy
    """
    for instruction in project.dockerfile.instructions:
        if instruction.keyword not in ("COPY", "ADD") or instruction.error or instruction.dest is None:
            continue
        dest = instruction.dest
        if len(instruction.sources) < 2 or dest.text.endswith(("/", ".", "\\")) or "$" in dest.text:
            continue
        message = f"several files are copied to {dest.text}, which has to end in / then"
        if instruction.json is not None or dest.text[:1] in "\"'":
            yield Finding(instruction.span, message, refused="the destination is quoted")
            continue
        fix = Fix("Name a folder", (Edit(Span(dest.span.end, dest.span.end), b"/"),), Safety.SAFE)
        yield Finding(instruction.span, message, fix=fix)
