"""`jettison replay`: what the Dockerfile costs over the project's own history, now and after the fixes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jettison.cli.check import Selection
from jettison.cli.console import Console
from jettison.cli.options import (
    build_arguments,
    context_option,
    format_option,
    rule_options,
    split_names,
    target_options,
)
from jettison.cli.sources import Request, Source, find_one, open_project
from jettison.errors import CannotRun, UsageError
from jettison.report import Answer, find_report
from jettison.rewrite import APPLIED_WITH_PROOF, rewrite

if TYPE_CHECKING:
    from jettison.observed.costs import Costs
    from jettison.project import Project

_LONG = 500
"""Commits from which on a word of waiting is in place."""


@click.command("replay")
@click.argument("path", default=".", metavar="[PATH]")
@click.option(
    "-n",
    "--commits",
    default=200,
    show_default=True,
    type=click.IntRange(2, 100_000),
    help="The last so many.",
)
@context_option
@target_options
@rule_options
@format_option
@click.pass_obj
def command(
    console: Console,
    path: str,
    commits: int,
    context: str | None,
    build_args: tuple[str, ...],
    target: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    form: str,
) -> int:
    """Price the Dockerfile over the project's own commits: what is cached at each, and what a rebuild takes.

    PATH is a Dockerfile or its folder (default: this one). Nothing is built: a model of BuildKit's cache says
    which steps run again at each commit, for a builder that keeps its cache and for fresh ones with a cache
    from a registry or none; beside it the same after `jettison fix --prove`. Exit codes: 0 done, 2 cannot
    run.
    """
    from jettison.cache.gittree import read_history
    from jettison.replay.pricing import price

    render = find_report(form)
    source = find_one(path, context)
    if source.file is None:
        raise UsageError("standard input has no history", "name the Dockerfile")
    project = open_project(source, Request(context, target, build_arguments(build_args)))
    if commits > _LONG:
        console.note(f"reading {commits} commits")
    history = read_history(project.root, commits)
    if history.shallow:
        console.note(
            f"the clone is shallow and has {len(history.commits)} commits (git fetch --unshallow brings all)"
        )
    rules = Selection(split_names(select), split_names(ignore)).rules_for(project)
    made = rewrite(project, rules, levels=APPLIED_WITH_PROOF)
    costs = _seen(console, source, project)
    replays = price([project, *([made.after] if made.changed else [])], history, costs.measured, costs.sizes)
    if len(replays[0].commits) < 2:
        raise CannotRun(
            f"{source.shown} can be built at {len(replays[0].commits)} of {len(history.commits)} commits: "
            "a COPY finds nothing at the others",
            "ask for more commits: -n 1000",
        )
    answer = Answer("replay", (project,), rewrite=made if made.changed else None, replays=replays)
    console.write(render(answer, console.style))
    return 0


def _seen(console: Console, source: Source, project: Project) -> Costs:
    """What the recorded builds of this Dockerfile took; a record that cannot be read is told and passed
    over."""
    from jettison.observed import kept_builds, read_build
    from jettison.observed.costs import costs_in

    assert source.file is not None
    builds = []
    for path in kept_builds(str(project.root.absolute()), str(source.file.absolute())):
        try:
            builds.append(read_build(path))
        except CannotRun as problem:
            console.note(problem.message)
    return costs_in(builds)
