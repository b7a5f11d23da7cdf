"""A COPY names a file that the ignore file keeps from the builder."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.context.gopath import clean, has_wildcard
from jettison.findings import Finding
from jettison.project import Project, ignore_path
from jettison.rules import rule
from jettison.rules.copies import taken


@rule("JT304", aliases=("CopyIgnoredFile",))
def ignored_but_copied(project: Project) -> Iterator[Finding]:
    """A COPY names a file that the ignore file keeps from the builder.

    What:
        A COPY or ADD whose source exists, and is left out by the ignore file.

    Why:
        The builder never gets it: the build fails with "not found", although the file is there.

    How it is fixed:
        Not automatically: either the line of the ignore file or the COPY is what was meant. The line is
        named.

    When not:
        Globs, variables, and sources in other stages.

    References:
        https://docs.docker.com/reference/build-checks/copy-ignored-file/
    """
    ignore = project.context.ignore
    if ignore is None or ignore.problems:
        return
    for instruction in project.dockerfile.instructions:
        if instruction.keyword not in ("COPY", "ADD"):
            continue
        for source in taken(project, instruction):
            path = clean("/" + source.source)[1:]
            if not path or has_wildcard(source.source) or "$" in source.source:
                continue
            if ignore.excludes(path) and not source.files(project.context) and _is_there(project, path):
                line = next(
                    (n for n in reversed(ignore.lines) if not n.negated and _means(n.pattern, path)), None
                )
                where = ignore_path(project.context) + (f", line {line.number}" if line else "")
                yield Finding(
                    instruction.span,
                    f"{path} is there, but {where} keeps it from the builder: the build fails",
                    refused=f"either that line or this {instruction.keyword} is what was meant; "
                    f"`!{path}` at the end of the file brings it back",
                )


def _is_there(project: Project, path: str) -> bool:
    import os

    return os.path.lexists(os.path.join(project.root, path))


def _means(pattern: str, path: str) -> bool:
    from jettison.context.patterns import ignore_pattern

    parts = path.split("/")
    test = ignore_pattern(pattern).matches
    return any(test("/".join(parts[: depth + 1])) for depth in range(len(parts)))
