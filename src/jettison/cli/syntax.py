"""What is no Dockerfile at all is a finding too: the rules are only asked where there is a stage."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.findings import Finding
from jettison.spans import Span

if TYPE_CHECKING:
    from jettison.project import Project

NAME, CODE = "parse-error", "JT600"
"""Of the rule that tells the same about a file with a stage."""

_UTF16 = (b"\xff\xfe", b"\xfe\xff")


def syntax_findings(project: Project) -> tuple[Finding, ...]:
    """What keeps the builder from reading the file, as far as no rule tells it, in the order of the file."""
    return tuple(
        Finding(Span(start, end), message, rule=NAME, code=CODE, path=project.path)
        for start, end, message in _problems(project)
    )


def _problems(project: Project) -> Iterator[tuple[int, int, str]]:
    dockerfile = project.dockerfile
    if dockerfile.source.startswith(_UTF16):
        yield 0, 2, "this is UTF-16 text; the builder reads UTF-8: save the file as UTF-8"
        return
    nul = dockerfile.source.find(b"\0")
    if nul >= 0:
        yield nul, nul + 1, "a NUL byte: this is no text file, or it was damaged"
    elif not dockerfile.stages:
        for problem in dockerfile.errors:
            yield *problem.span, f"Docker refuses this: {problem.message}"
        if not dockerfile.errors:
            yield 0, 0, "there is no FROM: nothing can be built from it"
