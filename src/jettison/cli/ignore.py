"""`jettison ignore`: the .dockerignore that this context and this Dockerfile want, as a diff or written."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from jettison.cli.check import findings_of
from jettison.cli.console import Console
from jettison.cli.notes import context_notes
from jettison.cli.options import build_arguments, context_option, format_option, target_options
from jettison.cli.sources import Request, find_one, open_project
from jettison.errors import UsageError
from jettison.report import Answer, find_report

if TYPE_CHECKING:
    from jettison.rewrite import Rewrite

RULES = (
    *("no-dockerignore", "ignore-pattern-ineffective", "ignored-but-copied"),
    *("context-bloat", "secret-in-context"),
)
"""The rules that write it, each a step with its own reason."""

TOLD = (*RULES, "vcs-needed")
"""The rules that have a say in it."""


@click.command("ignore")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--diff", is_flag=True, help="Show the diff and write nothing (default).")
@click.option("--apply", "write", is_flag=True, help="Write the ignore file.")
@context_option
@target_options
@format_option
@click.pass_obj
def command(
    console: Console,
    path: str,
    diff: bool,
    write: bool,
    context: str | None,
    build_args: tuple[str, ...],
    target: str | None,
    form: str,
) -> int:
    """Write or repair the .dockerignore: what the build does not need stays out of the context.

    PATH is a Dockerfile or its folder (default: this one); an ignore file of the Dockerfile's own is the one
    that is repaired. Lines that are there stay, but for a `**/` where one is missing. What a COPY names, what
    the build reads and what git has to tell is not left out; for each line the bytes are shown that it keeps
    out. No Dockerfile is changed and nothing is built: `jettison fix --prove` makes the same changes and
    builds before and after. Exit codes: 0 nothing to do, or written; 1 the diff is shown and not applied; 2
    cannot run.
    """
    if diff and write:
        raise UsageError("--diff and --apply contradict each other", "--diff only shows, --apply writes")
    if write and path == "-":
        raise UsageError("standard input has no context", "name the Dockerfile or its folder")
    from jettison.check import select_rules
    from jettison.context.worth import line_worths
    from jettison.rewrite import APPLIED_WITH_PROOF, rewrite

    render = find_report(form)
    project = open_project(find_one(path, context), Request(context, target, build_arguments(build_args)))
    made = rewrite(project, select_rules(RULES), levels=APPLIED_WITH_PROOF)
    told = select_rules(TOLD)
    written = _write(made) if write and made.changed else ()
    for note in context_notes(project):
        console.note(note)
    answer = Answer(
        "ignore",
        (project,),
        findings_of(project, told),
        rewrite=made,
        left=findings_of(made.after, told),
        written=written,
        lines=line_worths(made.after.context),
    )
    console.write(render(answer, console.style))
    return 1 if made.changed and not written else 0


def _write(made: Rewrite) -> tuple[str, ...]:
    from jettison.cli.write import write_changes
    from jettison.report.diff import file_changes

    return write_changes(file_changes(made), made.before.root)
