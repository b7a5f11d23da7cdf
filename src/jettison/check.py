"""Run the rules over a project. Pure: reads nothing but what the project hands out."""

from __future__ import annotations

from collections.abc import Iterable

from jettison.findings import BASE, Finding, Safety
from jettison.project import Project
from jettison.rules import Rule, default_rules, find_rules
from jettison.spans import Span


def select_rules(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Rule, ...]:
    """The rules to run: those on by default, or those named by `select`, less those named by `ignore`.

    Names, codes, aliases and areas are understood, and `default` for those on by default. Raises UsageError
    for a rule that does not exist.
    """
    asked = dict.fromkeys(each for name in select for each in find_rules(name))
    dropped = {each.name for name in ignore for each in find_rules(name)}
    return tuple(each for each in asked or default_rules() if each.name not in dropped)


def check(project: Project, rules: Iterable[Rule] | None = None) -> tuple[Finding, ...]:
    """Every finding: what stops the build, then worth most first, equals in the order of the Dockerfile.

    A file without any stage is asked only whether it is a Dockerfile at all. What a comment of the file says
    is to be ignored is left out.
    """
    chosen = default_rules() if rules is None else tuple(rules)
    if not project.dockerfile.stages:
        chosen = tuple(each for each in chosen if each.name == "parse-error")
    found = [finding for each in chosen for finding in each.findings(project)]
    if found and (b"ignore" in project.dockerfile.source or b"check" in project.dockerfile.source):
        from jettison.suppress import Suppressions

        hidden = Suppressions.of(project.dockerfile)
        found = [finding for finding in found if not hidden.hides(finding)]
    return tuple(sorted(found, key=rank))


def shown(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """Without those that speak of the same bytes as an earlier one which has a fix for them.

    Several ways to a smaller base are all shown: a proof may drop the first.
    """
    kept: list[Finding] = []
    answered = set()
    for finding in findings:
        if finding.about and (finding.path, finding.about) in answered:
            continue
        kept.append(finding)
        fixed = finding.fix is not None and finding.fix.safety is not Safety.SUGGEST
        if fixed and not finding.about.startswith(BASE):
            answered.add((finding.path, finding.about))
    return tuple(kept)


def rank(finding: Finding) -> tuple[bool, float, Span, str]:
    """The order of findings of one Dockerfile, and, without the span, of several."""
    return finding.rule != "parse-error", -finding.saving.worth, finding.span, finding.code
