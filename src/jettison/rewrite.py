"""Rewrite: apply one fix, parse again, check again, until nothing is left to do. Every step is verified by
itself."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from jettison.check import check
from jettison.findings import Finding, Safety
from jettison.plan import Change, Ledger, grouped, next_fix
from jettison.project import Project
from jettison.rules import Rule, default_rules
from jettison.spans import OverlappingEdits, apply

if TYPE_CHECKING:
    from jettison.shell import Script

APPLIED_WITHOUT_PROOF = (Safety.SAFE,)
APPLIED_WITH_PROOF = (Safety.SAFE, Safety.PROVEN)

_MOST_STEPS = 500
"""Far above what any Dockerfile needs; a rule that keeps finding new work in its own output stops here."""


@dataclass(frozen=True, slots=True)
class Dropped:
    """A fix that was tried and taken back, and why."""

    id: str
    finding: Finding
    reason: str


@dataclass(frozen=True, slots=True)
class Rewrite:
    """A project before and after, the changes between in the order they were applied, and what was taken
    back."""

    before: Project
    after: Project
    changes: tuple[Change, ...]
    dropped: tuple[Dropped, ...]

    @property
    def changed(self) -> bool:
        """True when there is anything to write."""
        return bool(self.changes)


def rewrite(
    project: Project,
    rules: Iterable[Rule] | None = None,
    *,
    levels: Collection[Safety] = APPLIED_WITHOUT_PROOF,
    only: Collection[str] | None = None,
) -> Rewrite:
    """Apply the fixes of these levels until stable; with `only`, just the changes with these ids.

    Ids are the same whether or not other changes are left out, so a proof can ask for any subset.
    """
    chosen = default_rules() if rules is None else tuple(rules)
    ledger, changes, dropped, now = Ledger(), [], [], project
    for _ in range(_MOST_STEPS):
        upcoming = next_fix(grouped(now, check(now, chosen), levels), chosen, ledger)
        if upcoming is None:
            break
        group, finding = upcoming
        name = ledger.name(finding.rule)
        if only is not None and name not in only:
            ledger.pass_over(group)
            continue
        attempt = attempt_fix(now, finding, chosen)
        if isinstance(attempt, str):
            dropped.append(Dropped(name, finding, attempt))
            ledger.pass_over(group)
            continue
        changes.append(_change(name, finding, now, attempt))
        now = attempt
    return Rewrite(project, now, tuple(changes), tuple(dropped))


def attempt_fix(now: Project, finding: Finding, rules: Iterable[Rule]) -> Project | str:
    """The project with one fix applied, or why the fix is taken back.

    It is taken back when its edits overlap, when the result no longer parses as well as before, when a RUN
    that was understood no longer is, or when the rule still finds the same thing as often.
    """
    fix = finding.fix
    if fix is None:
        return finding.refused or "there is no fix"
    try:
        source = apply(now.dockerfile.source, fix.edits)
    except (OverlappingEdits, ValueError) as error:
        return str(error)
    if source == now.dockerfile.source and all(now.files.get(p) == c for p, c in fix.files.items()):
        return "the fix changes nothing"
    after = now.changed(source, fix.files)
    if len(after.dockerfile.errors) > len(now.dockerfile.errors):
        return f"the result would not parse: {after.dockerfile.errors[0].message}"
    if problem := _shell_problem(now, after):
        return problem
    own = [rule for rule in rules if rule.name == finding.rule]
    if _count(after, own, finding, now) >= _count(now, own, finding, now):
        return "the finding is still there afterwards"
    return after


def _change(name: str, finding: Finding, before: Project, after: Project) -> Change:
    assert finding.fix is not None
    line = before.dockerfile.position(finding.span.start).line
    return Change(name, finding, finding.fix, line, before.dockerfile.source, after.dockerfile.source)


def _count(project: Project, rules: Iterable[Rule], finding: Finding, origin: Project) -> int:
    """How many findings of the same message and text, with a fix, a project has."""
    start, end = finding.span
    group = finding.rule, finding.message, origin.dockerfile.source[start:end]
    return len(grouped(project, check(project, rules), APPLIED_WITH_PROOF).get(group, []))


def _shell_problem(before: Project, after: Project) -> str | None:
    """What a referee says against a RUN that the fix wrote; None when every changed RUN is understood.

    A complaint counts only when none of the RUNs that went had one: shells run some text that POSIX refuses.
    """
    old, new = _runs(before), _runs(after)
    written = [script for text, script in new.items() if text not in old]
    for script in written:
        if not script.ok:
            return f"the new RUN is not understood: {script.reason}"
    complaint = next(filter(None, map(_complaint, written)), None)
    gone = [script for text, script in old.items() if text not in new]
    if complaint is None or any(map(_complaint, gone)):
        return None
    return f"the new RUN is not valid shell: {complaint}"


def _runs(project: Project) -> dict[str, Script]:
    """The RUNs in shell form, by their text."""
    dockerfile = project.dockerfile
    runs = (run for run in dockerfile.instructions if run.keyword == "RUN" and run.json is None)
    return {dockerfile.text(run.span): project.script(run) for run in runs}


def _complaint(script: Script) -> str | None:
    from jettison.shell.referee import check, dialect

    return check(script.text.text, dialect(script.shell))
