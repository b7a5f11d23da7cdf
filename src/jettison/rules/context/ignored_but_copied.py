"""A COPY names a file that the ignore file keeps from the builder."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import NamedTuple

from jettison.context.gopath import clean, has_wildcard
from jettison.context.ignore import IgnoreFile, IgnoreLine
from jettison.dockerfile import Instruction
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project, ignore_path
from jettison.rules import rule
from jettison.rules.taking import sources
from jettison.spans import Span


class _Wanted(NamedTuple):
    instruction: Instruction
    span: Span
    path: str


@rule("JT304", aliases=("CopyIgnoredFile",), order=4)
def ignored_but_copied(project: Project) -> Iterator[Finding]:
    """A COPY names a file that the ignore file keeps from the builder.

    What:
        A COPY or ADD, or a bind mount of a RUN, whose source is left out by the ignore file. Also when the
        file is not there now, as in a clean checkout, unless a `!` line makes the answer uncertain.

    Why:
        The builder never gets it: the build fails with "not found", although the file is there.

    How it is fixed:
        A `!` line at the end of the ignore file brings the path back, and nothing else. As the build fails
        without it, no image can change.

    When not:
        Globs, variables without a value, sources in other stages and stages that are not built. A file that
        looks like a secret, or that is not there, is told and not brought back.

    References:
        https://docs.docker.com/reference/build-checks/copy-ignored-file/
        https://docs.docker.com/build/concepts/context/#negating-matches
    """
    if not any(True for _ in _wanted(project)):
        return
    ignore = project.context.ignore
    if ignore is None or ignore.problems or not ignore.lines:
        return
    told: set[str] = set()
    for wanted in _wanted(project):
        if ignore.excludes(wanted.path) and not project.context.exists(wanted.path):
            there = os.path.lexists(os.path.join(project.root, wanted.path))
            uncertain = not there and any(line.negated for line in ignore.lines)
            if wanted.path not in told and not uncertain:
                told.add(wanted.path)
                yield _finding(project, ignore, wanted, there)


def _wanted(project: Project) -> Iterator[_Wanted]:
    """The paths of the context that instructions of the stages to be built name without a glob."""
    for source in sources(project):
        path = clean("/" + source.source)[1:]
        if path and not has_wildcard(source.source) and _known(project, source.copy, source.span):
            yield _Wanted(source.copy, source.span, path)
    final = project.final_stage
    for stage in project.dockerfile.lineage(final) if final is not None else ():
        for run in stage.instructions:
            for mount in run.mounts:
                path = clean("/" + mount.options.get("source", ""))[1:]
                if mount.type == "bind" and "from" not in mount.options and path and "$" not in path:
                    yield _Wanted(run, mount.flag.span, path)


def _known(project: Project, copy: Instruction, span: Span) -> bool:
    """False for a source with a variable that has no value here."""
    text = project.dockerfile.text(span)
    return "$" not in text or not project.scope(copy).expand(text, copy.escape).missing


def _finding(project: Project, ignore: IgnoreFile, wanted: _Wanted, there: bool) -> Finding:
    line = _line_for(ignore, wanted.path)
    where = ignore_path(project.context) + (f", line {line.number} ({line.pattern})," if line else "")
    keyword = wanted.instruction.keyword
    known = "is there, but" if there else "is not there, and"
    message = f"{keyword} wants {wanted.path}: it {known} {where} keeps it from the builder: the build fails"
    path = ignore_path(project.context)
    refused = None
    if path.startswith("../"):
        refused = f"{path} lies outside the build context"
    elif not there:
        refused = f"a `!{wanted.path}` line at the end of {path} would let it through once it is there"
    elif _secret(project, wanted.path):
        refused = "it looks like a secret: give it to a RUN by --mount=type=secret instead"
    else:
        fix = _brought_back(project, path, wanted.path)
        if fix is not None:
            return Finding(wanted.span, message, fix=fix)
        refused = f"a `!` line for it does not bring it back: move it, or change {where.rstrip(',')}"
    return Finding(wanted.span, message, refused=refused)


def _brought_back(project: Project, where: str, path: str) -> Fix | None:
    """A `!` line that brings the path back, when the builder's own rules say that it does."""
    from jettison.context import Context
    from jettison.rules.ignorefile import longer
    from jettison.rules.unneeded import literal

    text = longer(project, f"!{literal(path).removeprefix('/')}\n")
    if not Context(project.root, IgnoreFile.parse(text)).exists(path):
        return None
    return Fix(f"Bring {path} back: !{path} in {where}", (), Safety.SAFE, {where: text})


def _secret(project: Project, path: str) -> bool:
    from jettison.context.junk import junk_kinds

    kinds = (kind for kind in junk_kinds() if kind.secret and not kind.contains)
    if any(IgnoreFile.parse("\n".join(kind.patterns).encode()).excludes(path) for kind in kinds):
        return True
    from jettison.rules.secretfiles import judge

    return judge(path, project.context.read(path, 65536)) is not None


def _line_for(ignore: IgnoreFile, path: str) -> IgnoreLine | None:
    """The last line that keeps a path back."""
    for line in reversed(ignore.lines):
        alone = IgnoreFile(b"", (line._replace(negated=False),))
        if not line.negated and alone.excludes(path):
            return line
    return None
