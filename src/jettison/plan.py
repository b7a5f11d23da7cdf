"""Which change comes next: the order of fixes, their names, and how far each may be trusted."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass

from jettison.findings import Allowance, Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import Rule

Key = tuple[str, bytes, int]


@dataclass(frozen=True, slots=True)
class Change:
    """A fix that was applied: `id` is the rule's name, `rule#2` for its second place; `line` is where the
    finding stood in the Dockerfile at that moment, and `before` and `after` are that whole Dockerfile without
    and with it."""

    id: str
    finding: Finding
    fix: Fix
    line: int
    before: bytes
    after: bytes


class Ledger:
    """Remembers every fix that was decided on, so that each place of a rule is taken up once and keeps its
    id."""

    def __init__(self) -> None:
        self._ids: dict[Key, str] = {}
        self._count: dict[str, int] = {}

    def decided(self, key: Key) -> bool:
        """True when the fix at this place was applied or passed over before."""
        return key in self._ids

    def decide(self, key: Key) -> str:
        """Mark a place as decided and give it its id."""
        rule = key[0]
        self._count[rule] = self._count.get(rule, 0) + 1
        number = self._count[rule]
        self._ids[key] = rule if number == 1 else f"{rule}#{number}"
        return self._ids[key]


def keyed(project: Project, findings: Iterable[Finding]) -> list[tuple[Key, Finding]]:
    """Findings with the key that tells them apart: rule, text, message, and the number among
    equal ones."""
    seen: dict[tuple[str, bytes], int] = {}
    result = []
    for finding in sorted(findings, key=lambda f: (f.rule, f.span)):
        start, end = finding.span
        text = project.dockerfile.source[start:end] + b"\0" + finding.message.encode()
        seen[finding.rule, text] = nth = seen.get((finding.rule, text), 0) + 1
        result.append(((finding.rule, text, nth), finding))
    return result


def next_fix(
    candidates: Iterable[tuple[Key, Finding]],
    rules: Iterable[Rule],
    levels: Collection[Safety],
    ledger: Ledger,
) -> tuple[Key, Finding, Fix] | None:
    """The undecided fix to take up next: by the rules' order, then by worth, then by place; None when none
    is left."""
    order = {rule.name: rule.order for rule in rules}
    best: tuple[Key, Finding, Fix] | None = None
    best_rank: tuple[int, float, int] | None = None
    for key, finding in candidates:
        fix = finding.fix
        if fix is None or fix.safety not in levels or ledger.decided(key):
            continue
        rank = (order[finding.rule], -finding.saving.worth, finding.span.start)
        if best_rank is None or rank < best_rank:
            best, best_rank = (key, finding, fix), rank
    return best


def allowance(changes: Iterable[Change]) -> Allowance:
    """What all these changes together may alter in the image."""
    total = Allowance()
    for change in changes:
        total |= change.fix.allows
    return total
