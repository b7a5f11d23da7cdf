"""Run the rules over a project. Pure: reads nothing but what the project hands out."""

from __future__ import annotations

from collections.abc import Iterable

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import Rule, all_rules, find_rule


def select_rules(select: Iterable[str] = (), ignore: Iterable[str] = ()) -> tuple[Rule, ...]:
    """The rules to run: those on by default, or those named by `select`, less those named by `ignore`.

    Names, codes and aliases are understood. Raises UsageError for a rule that does not exist.
    """
    chosen = [find_rule(name) for name in select] or [each for each in all_rules() if each.default]
    dropped = {find_rule(name).name for name in ignore}
    return tuple(each for each in chosen if each.name not in dropped)


def check(project: Project, rules: Iterable[Rule] | None = None) -> tuple[Finding, ...]:
    """Every finding, worth most first; equals are in the order of the Dockerfile."""
    if not project.dockerfile.stages:
        return ()
    chosen = all_rules() if rules is None else tuple(rules)
    found = [finding for each in chosen for finding in each.findings(project)]
    return tuple(sorted(found, key=lambda f: (-f.saving.worth, f.span, f.code)))
