"""Docker refuses the Dockerfile."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Span

_UTF16 = (b"\xff\xfe", b"\xfe\xff")
_MOST = 3
"""Docker itself stops at the first; in a template or another kind of file every line is one."""


@rule("JT600", aliases=("DL1000", "DL3043", "DL3061"))
def parse_error(project: Project) -> Iterator[Finding]:
    """Docker refuses the Dockerfile.

    What:
        An instruction that Docker does not know, or one whose arguments it cannot read: an unknown keyword,
        `COPY` with one argument, an unfinished heredoc, an array with something else than strings in it.

    Why:
        The build stops before its first step. Everything else said about the file is said about the rest of
        it.

    How it is fixed:
        By hand: what was meant is not known. Other rules still run, and never touch an instruction with an
        error.

    When not:
        A builder flag that jettison has never heard of is no error: it may be newer than jettison.

    References:
        https://docs.docker.com/reference/dockerfile/
    """
    yield from _no_dockerfile(project)
    errors = project.dockerfile.errors if b"\0" not in project.dockerfile.source else ()
    for index, problem in enumerate(errors[:_MOST]):
        message = f"Docker refuses this: {problem.message}"
        if index == _MOST - 1 and len(errors) > _MOST:
            message += f"; {len(errors) - _MOST} more follow"
        yield Finding(_first_line(project, problem.span), message)


def _no_dockerfile(project: Project) -> Iterator[Finding]:
    """What makes the whole file unreadable: UTF-16, a NUL byte, nothing to build from."""
    source = project.dockerfile.source
    nul = source.find(b"\0")
    if source.startswith(_UTF16):
        yield Finding(Span(0, 2), "this is UTF-16 text; the builder reads UTF-8: save the file as UTF-8")
    elif nul >= 0:
        yield Finding(Span(nul, nul + 1), "a NUL byte: this is no text file, or it was damaged")
    elif not project.dockerfile.stages and not project.dockerfile.errors:
        yield Finding(Span(0, 0), "there is no FROM: nothing can be built from it")


def _first_line(project: Project, span: Span) -> Span:
    """The span up to the end of its first line, or all of it when it ends there."""
    source = project.dockerfile.source
    newline = source.find(b"\n", span.start, span.end)
    end = span.end if newline < 0 else newline
    return Span(span.start, end - 1 if source[end - 1 : end] == b"\r" and end > span.start else end)
