"""A line of the ignore file misses what it is meant for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project, ignore_path
from jettison.rules import rule
from jettison.rules.amounts import size
from jettison.rules.taking import sources

if TYPE_CHECKING:
    from jettison.context.ignore import IgnoreFile, IgnoreLine
    from jettison.rules.widening import Missed


@rule("JT303", order=4)
def ignore_pattern_ineffective(project: Project) -> Iterator[Finding]:
    """A line of the ignore file misses what it is meant for.

    What:
        A line such as `node_modules`, `*.pyc` or `.env`, while a COPY takes such junk from deeper folders,
        which the line does not name. And a line with a comment behind its pattern, which is then part of the
        pattern and matches nothing.

    Why:
        Docker reads a pattern from the root of the context, unlike git: `node_modules` is the one in the top
        folder, and `packages/web/node_modules` is sent and copied. `#` starts a comment in the first column
        only.

    How it is fixed:
        `**/` is put before the pattern, which means any depth, the top folder included; the rest of the file
        stays as it is. It changes what the builder is sent, so a real build before and after has to agree. A
        comment behind a pattern goes on a line of its own.

    When not:
        Names that may be meant for the top folder (`dist`, `build`, sources of any kind), junk that the build
        needs, and what a COPY or a later `!` line names. A leading or a trailing `/` changes nothing for
        Docker and is not told.

    References:
        https://docs.docker.com/build/concepts/context/#dockerignore-files
        https://github.com/moby/patternmatcher
    """
    if not sources(project):
        return
    ignore = project.context.ignore
    if ignore is None or ignore.problems or not ignore.lines:
        return
    from jettison.rules.ignorefile import matters
    from jettison.rules.unneeded import unneeded
    from jettison.rules.widening import missed

    yield from _trailing_comments(project, ignore)
    if all("/" in line.pattern or "**" in line.pattern for line in ignore.lines):
        return
    found = [each for each in unneeded(project)[0] if each.kind.secret or matters(each)]
    lines = missed(project, found)
    if lines:
        yield _too_narrow(project, ignore, lines)


def _too_narrow(project: Project, ignore: IgnoreFile, lines: tuple[Missed, ...]) -> Finding:
    from jettison.rules.ignorefile import allowance, saving

    junk = list({each.kind.name: each for line in lines for each in line.junk}.values())
    path = ignore_path(project.context)
    told = ", ".join(
        f"{each.line.pattern} (line {each.line.number}) misses {_first(each)}" for each in lines[:3]
    )
    message = f"{path}: {told}: without **/ a name is meant in the top folder only"
    span = junk[0].taker.span
    if path.startswith("../"):
        return Finding(span, message, saving(junk), refused=f"{path} lies outside the build context")
    text = ignore.source
    for line in sorted((each.line for each in lines), key=lambda line: -line.span.start):
        start, end = line.span
        text = text[:start] + _deeper(text[start:end]) + text[end:]
    title = f"Mean {', '.join(each.line.pattern for each in lines[:3])} at any depth in {path}"
    fix = Fix(title, (), Safety.PROVEN, {path: text}, allowance(junk))
    return Finding(span, message, saving(junk), fix)


def _deeper(line: bytes) -> bytes:
    """The line with `**/` before its pattern; a byte order mark and blanks before it stay."""
    return re.sub(rb"^((?:\xef\xbb\xbf)?\s*)(?:\./|/)*", rb"\1**/", line, count=1)


def _first(each: Missed) -> str:
    paths = [path for junk in each.junk for path in junk.paths]
    more = f" and {len(paths) - 1} more" if len(paths) > 1 else ""
    return f"{paths[0]}{more}, {size(sum(junk.bytes for junk in each.junk))}"


def _trailing_comments(project: Project, ignore: IgnoreFile) -> Iterator[Finding]:
    for line in ignore.lines:
        pattern, hash, _ = line.pattern.partition(" #")
        if hash and not line.negated and (hit := _hits(project, pattern.rstrip())):
            path = ignore_path(project.context)
            message = (
                f"{path}, line {line.number}: the comment behind {pattern.rstrip()} is read as part of it: "
                f"{hit} is sent"
            )
            taker = sources(project)[0]
            yield _own_line(Finding(taker.span, message), ignore, line, path)


def _own_line(finding: Finding, ignore: IgnoreFile, line: IgnoreLine, path: str) -> Finding:
    from dataclasses import replace

    start, end = line.span
    raw = ignore.source[start:end]
    pattern, _, comment = raw.partition(b"#")
    newline = b"\r\n" if raw.endswith(b"\r") else b"\n"
    new = b"#" + comment.rstrip(b"\r") + newline + pattern.rstrip() + (b"\r" if raw.endswith(b"\r") else b"")
    text = ignore.source[:start] + new + ignore.source[end:]
    return replace(finding, fix=Fix("Put the comment on a line of its own", (), Safety.SUGGEST, {path: text}))


def _hits(project: Project, pattern: str) -> str:
    """The first path of the context that a pattern matches."""
    from jettison.context.ignore import IgnoreFile

    matcher = IgnoreFile.parse(pattern.encode("utf-8", "surrogateescape"))
    return next((file.path for file in project.context.files if matcher.excludes(file.path)), "")
