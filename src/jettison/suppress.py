"""Comments that silence findings: hadolint's, BuildKit's and our own.

Sources: hadolint README ("Inline ignores"), BuildKit `frontend/dockerfile/linter/linter.go`
(ParseLintOptions: parts between semicolons, `skip=all` or names with commas).
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jettison.dockerfile import Dockerfile
    from jettison.findings import Finding

_HINTS = (b"ignore", b"check", b"Check", b"CHECK")


class Silence(NamedTuple):
    """Names that are silenced; `start` is where the instruction that it is about begins, None for all.

    With `checks`, `all` means the rules that stand for a build check of BuildKit, else every rule.
    """

    names: frozenset[str]
    start: int | None
    checks: bool


def spoken(dockerfile: Dockerfile, findings: Iterable[Finding]) -> Iterator[Finding]:
    """The findings that no comment of the Dockerfile silences."""
    silences = tuple(_silences(dockerfile)) if any(h in dockerfile.source for h in _HINTS) else ()
    if not silences:
        yield from findings
        return
    for finding in findings:
        line = dockerfile.position(finding.span.start).line
        instruction = dockerfile.at_line(line)
        start = instruction.span.start if instruction is not None else -1
        if not any(s.start in (None, start) and _meant(s, finding) for s in silences):
            yield finding


def _meant(silence: Silence, finding: Finding) -> bool:
    """True when the finding's rule is named: by its name, its code or an alias it really has."""
    if "all" in silence.names:
        return not silence.checks or any(_is_build_check(alias) for alias in finding.aliases)
    own = (finding.rule, finding.code, *finding.aliases)
    return any(name.casefold() in silence.names for name in own)


def _is_build_check(alias: str) -> bool:
    """BuildKit's names are words in camel case, other linters' are letters and digits."""
    return not alias[-1:].isdigit()


def _silences(dockerfile: Dockerfile) -> Iterator[Silence]:
    for directive in dockerfile.directives:
        if directive.name == "check":
            yield from _skipped(directive.value, None)
    for comment in dockerfile.comments:
        found = _comment().fullmatch(comment.text)
        if found is None:
            continue
        start = _next_start(dockerfile, comment.span.start)
        whole = bool(found["global"] or found["file"])
        if found["check"] is not None:
            yield from _skipped(found["check"], start) if start is not None else ()
            continue
        if whole or start is not None:
            yield Silence(_names(found["names"] or found["ours"]), None if whole else start, checks=False)


def _skipped(options: str, start: int | None) -> Iterator[Silence]:
    for part in options.split(";"):
        key, _, names = part.partition("=")
        if key.strip() == "skip":
            yield Silence(_names(names), start, checks=True)


def _names(text: str) -> frozenset[str]:
    return frozenset(name.strip().casefold() for name in text.split(",") if name.strip())


def _next_start(dockerfile: Dockerfile, offset: int) -> int | None:
    """Where the instruction begins that a comment is about: the next one, or the one it stands inside."""
    return next((i.span.start for i in dockerfile.instructions if i.span.end > offset), None)


@cache
def _comment() -> re.Pattern[str]:
    names = r"(?P<names>[\w-]+(?:\s*,\s*[\w-]+)*)"
    return re.compile(
        r"hadolint\s+(?P<global>global\s+)?ignore\s*=\s*" + names + r".*"
        r"|jettison\s+ignore(?P<file>-file)?\s*=\s*" + names.replace("names", "ours") + r".*"
        r"|check\s*=\s*(?P<check>\S+).*"
    )
