"""Run the rules over a project. Pure: reads nothing but what the project hands out."""

from __future__ import annotations

from collections.abc import Iterable

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import Rule, all_rules, find_rule
from jettison.spans import Span


def select_rules(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Rule, ...]:
    """The rules to run: those on by default, or those named by `select`, less those named by `ignore`.

    Names, codes and aliases are understood. Raises UsageError for a rule that does not exist.
    """
    chosen = [find_rule(name) for name in select] or [each for each in all_rules() if each.default]
    dropped = {find_rule(name).name for name in ignore}
    return tuple(each for each in chosen if each.name not in dropped)


def check(project: Project, rules: Iterable[Rule] | None = None) -> tuple[Finding, ...]:
    """Every finding: what stops the build, then worth most first, equals in the order of the Dockerfile.

    A file without any stage is asked only whether it is a Dockerfile at all.
    """
    chosen = all_rules() if rules is None else tuple(rules)
    if not project.dockerfile.stages:
        chosen = tuple(each for each in chosen if each.area == "correctness")
    found = [finding for each in chosen for finding in each.findings(project)]
    return tuple(sorted(found, key=rank))


def rank(finding: Finding) -> tuple[bool, float, Span, str]:
    """The order of findings of one Dockerfile, and, without the span, of several."""
    return finding.rule != "parse-error", -finding.saving.worth, finding.span, finding.code
