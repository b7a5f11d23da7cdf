"""`jettison check`: what is worth fixing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jettison.check import check, rank, select_rules, shown
from jettison.cli.console import Console
from jettison.cli.notes import context_notes
from jettison.cli.options import (
    build_arguments,
    context_option,
    format_option,
    rule_options,
    split_names,
    target_options,
)
from jettison.cli.sources import Request, SharedContexts, configuration, find_sources, open_project
from jettison.errors import CannotRun
from jettison.report import Answer, find_report

if TYPE_CHECKING:
    from jettison.findings import Finding
    from jettison.project import Project
    from jettison.rules import Rule


@click.command("check")
@click.argument("paths", nargs=-1, metavar="[PATH]...")
@context_option
@target_options
@rule_options
@format_option
@click.pass_obj
def command(
    console: Console,
    paths: tuple[str, ...],
    context: str | None,
    build_args: tuple[str, ...],
    target: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    form: str,
) -> int:
    """Find what costs bytes, seconds, a leak or a broken build, worth most first.

    PATH is a Dockerfile, a folder (all Dockerfiles directly in it; default: this one) or - for standard
    input. Nothing is changed and nothing is built. Exit codes: 0 no findings, 1 findings, 2 something cannot
    be read.
    """
    render = find_report(form)
    chosen = Selection(split_names(select), split_names(ignore))
    request = Request(context, target, build_arguments(build_args))
    projects: list[Project] = []
    contexts = SharedContexts()
    found: list[Finding] = []
    failed = False
    for source in find_sources(paths, context):
        try:
            project = open_project(source, request)
            contexts.lend(project)
            found += findings_of(project, chosen.rules_for(project))
        except CannotRun as problem:
            console.complain(problem.message, problem.hint)
            failed = True
            continue
        for note in context_notes(project):
            console.note(note)
        projects.append(project)
    # What does not build at all comes first; what is worth the same stays in the order of the files.
    ranked = tuple(sorted(found, key=lambda finding: rank(finding)[:2]))
    if projects:
        console.write(render(Answer("check", tuple(projects), ranked), console.style))
    return 2 if failed else 1 if ranked else 0


class Selection:
    """Which rules to run: what the call says, else what each project's configuration says."""

    def __init__(self, select: tuple[str, ...], ignore: tuple[str, ...]) -> None:
        self.select, self.ignore = select, ignore
        self._default = select_rules(select, ignore)

    def rules_for(self, project: Project) -> tuple[Rule, ...]:
        """The rules for one project. Raises UsageError when its configuration names an unknown one."""
        config = configuration(project.root)
        if config is None or not (config.select or config.ignore):
            return self._default
        return select_rules(self.select or config.select, (*self.ignore, *config.ignore))


def findings_of(project: Project, rules: tuple[Rule, ...]) -> tuple[Finding, ...]:
    """What does not parse, and what the rules say."""
    return shown(check(project, rules))
