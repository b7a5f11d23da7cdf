"""What comments of a Dockerfile say is to be ignored: our own, hadolint's, and BuildKit's directive."""

from __future__ import annotations

import re
from typing import NamedTuple

from jettison.dockerfile import Dockerfile
from jettison.findings import Finding
from jettison.spans import Span

_COMMENT = re.compile(
    r"(?P<who>hadolint|jettison)\s+(?P<where>global\s+ignore|ignore-file|ignore)\s*=\s*"
    r"(?P<names>[\w*-]+(?:\s*,\s*[\w*-]+)*)",
    re.I,
)
_HADOLINT = re.compile(r"(DL|SC)\d+", re.I)


class Suppression(NamedTuple):
    """Names that are ignored within a span, or everywhere. `kind` says whose names count: `hadolint` (DL
    codes), `check` (BuildKit's), `jettison` (rule names, codes and every alias)."""

    kind: str
    names: frozenset[str]
    where: Span | None


class Suppressions(NamedTuple):
    """All that one Dockerfile asks to be ignored."""

    all: tuple[Suppression, ...]

    @classmethod
    def of(cls, dockerfile: Dockerfile) -> Suppressions:
        """Read `# jettison ignore=RULE,...` and `# hadolint ignore=CODE,...` before an instruction, the same
        for the whole file (`ignore-file`, `global ignore`), and the directive `# check=skip=NAME,...`.

        hadolint counts a comment for the instruction that follows it, with nothing but comments between.
        """
        found = [_directive(each.value) for each in dockerfile.directives if each.name == "check"]
        for comment in dockerfile.comments:
            match = _COMMENT.match(comment.text)
            if match is None:
                continue
            names = frozenset(name.strip().casefold() for name in match["names"].split(","))
            after = next((i.span for i in dockerfile.instructions if i.span.end > comment.span.end), None)
            whole = match["where"].lower() != "ignore"
            if whole or after is not None:
                found.append(Suppression(match["who"].lower(), names, None if whole else after))
        return cls(tuple(found))

    def hides(self, finding: Finding) -> bool:
        """True when a comment asks not to be told of this finding."""
        return any(_hides(each, finding) for each in self.all)


def _directive(value: str) -> Suppression:
    """`skip=A,B;error=true`, as BuildKit's linter reads it (frontend/dockerfile/linter/linter.go)."""
    names: list[str] = []
    for part in value.split(";"):
        key, _, listed = part.partition("=")
        if key.strip().lower() == "skip":
            names += [name.strip().casefold() for name in listed.split(",")]
    return Suppression("check", frozenset(names), None)


def _hides(suppression: Suppression, finding: Finding) -> bool:
    where = suppression.where
    if where is not None and not where.start <= finding.span.start < where.end:
        return False
    if suppression.kind == "jettison":
        known = {finding.rule, finding.code, *finding.aliases}
    elif suppression.kind == "hadolint":
        known = {alias for alias in finding.aliases if _HADOLINT.fullmatch(alias)}
    else:
        known = {alias for alias in finding.aliases if not _HADOLINT.fullmatch(alias)}
        if known and "all" in suppression.names:
            return True
    return any(name.casefold() in suppression.names for name in known)
