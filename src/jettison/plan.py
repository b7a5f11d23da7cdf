"""Which change comes next: the order of fixes, their names, and how far each may be trusted."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass

from jettison.findings import Allowance, Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import Rule

Group = tuple[str, str, bytes]
"""Rule, message and text of a finding."""


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
    """Which places were passed over, and which id comes next. Places of one rule that read the same are taken
    in the order of the file, so counting those passed over is enough to know them again after any edit."""

    def __init__(self) -> None:
        self.passed: dict[Group, int] = {}
        self._count: dict[str, int] = {}

    def name(self, rule: str) -> str:
        """The id of the next place of a rule: `rule`, then `rule#2`, and so on."""
        self._count[rule] = number = self._count.get(rule, 0) + 1
        return rule if number == 1 else f"{rule}#{number}"

    def pass_over(self, group: Group) -> None:
        """Remember that the first open place of a group is left as it is."""
        self.passed[group] = self.passed.get(group, 0) + 1


def grouped(
    project: Project, findings: Iterable[Finding], levels: Collection[Safety]
) -> dict[Group, list[Finding]]:
    """Findings with a fix of these levels, those of one rule, text and message together, in the order of the
    file."""
    groups: dict[Group, list[Finding]] = {}
    for finding in sorted(findings, key=lambda f: f.span):
        if finding.fix is not None and finding.fix.safety in levels:
            start, end = finding.span
            group = finding.rule, finding.message, project.dockerfile.source[start:end]
            groups.setdefault(group, []).append(finding)
    return groups


def next_fix(
    groups: Mapping[Group, list[Finding]], rules: Iterable[Rule], ledger: Ledger
) -> tuple[Group, Finding] | None:
    """The open fix to take up next: by the rules' order, then by worth, then by place; None when none is
    left."""
    order = {rule.name: rule.order for rule in rules}
    ranked = []
    for group, findings in groups.items():
        passed = ledger.passed.get(group, 0)
        if passed < len(findings):
            finding = findings[passed]
            ranked.append((order[finding.rule], -finding.saving.worth, finding.span.start, group, finding))
    if not ranked:
        return None
    *_, group, finding = min(ranked, key=lambda row: row[:3])
    return group, finding


def allowance(changes: Iterable[Change]) -> Allowance:
    """What all these changes together may alter in the image."""
    total = Allowance()
    for change in changes:
        total |= change.fix.allows
    return total
