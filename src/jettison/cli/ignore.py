"""`jettison ignore`: the .dockerignore that this context and this Dockerfile want, as a diff or written."""

from __future__ import annotations

import click

from jettison.cli.check import findings_of
from jettison.cli.console import Console
from jettison.cli.notes import context_notes
from jettison.cli.options import build_arguments, context_option, format_option, target_options
from jettison.cli.sources import Request, find_one, open_project
from jettison.errors import UsageError
from jettison.report import Answer, find_report

RULES = ("no-dockerignore", "secret-in-context", "context-bloat", "ignore-pattern-ineffective")
"""The rules that write it, each a step with its own reason."""

TOLD = (*RULES, "ignored-but-copied", "vcs-needed")
"""The rules that have a say in it."""


@click.command("ignore")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--apply", "write", is_flag=True, help="Write the ignore file.")
@context_option
@target_options
@format_option
@click.pass_obj
def command(
    console: Console,
    path: str,
    write: bool,
    context: str | None,
    build_args: tuple[str, ...],
    target: str | None,
    form: str,
) -> int:
    """Write or repair the .dockerignore: what the build does not need stays out of the context.

    PATH is a Dockerfile or its folder (default: this one). Lines that are there stay as they are. What a COPY
    names, what the build reads and what git has to tell is not left out. `jettison fix --prove --select
    context` proves it by builds. Exit codes: 0 nothing to do, or written; 1 the diff is shown and not
    applied; 2 cannot run.
    """
    if write and path == "-":
        raise UsageError("standard input has no context", "name the Dockerfile or its folder")
    from jettison.check import select_rules
    from jettison.report.diff import file_changes
    from jettison.rewrite import APPLIED_WITH_PROOF, rewrite

    render = find_report(form)
    project = open_project(find_one(path, context), Request(context, target, build_arguments(build_args)))
    made = rewrite(project, select_rules(RULES), levels=APPLIED_WITH_PROOF)
    told = select_rules(TOLD)
    written: tuple[str, ...] = ()
    if write and made.changed:
        from jettison.cli.write import write_changes

        written = write_changes(file_changes(made), project.root)
    for note in context_notes(project):
        console.note(note)
    answer = Answer(
        "fix",
        (project,),
        findings_of(project, told),
        rewrite=made,
        left=findings_of(made.after, told),
        written=written,
    )
    console.write(render(answer, console.style))
    return 1 if made.changed and not written else 0
