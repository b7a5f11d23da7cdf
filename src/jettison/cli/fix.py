"""`jettison fix`: the rewrite as a diff, proved by builds where asked, and written where asked."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from jettison.check import check
from jettison.cli.check import Selection, findings_of
from jettison.cli.console import Console
from jettison.cli.options import build_arguments, project_options, split_names
from jettison.cli.sources import Request, find_one, open_project
from jettison.errors import CannotRun, ProofFailed, UsageError
from jettison.report import Answer, find_report
from jettison.report.diff import file_changes
from jettison.rewrite import APPLIED_WITH_PROOF, APPLIED_WITHOUT_PROOF, Rewrite, rewrite

if TYPE_CHECKING:
    from jettison.project import Project
    from jettison.proof import Proof
    from jettison.rules import Rule


@click.command("fix")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--diff", is_flag=True, help="Show the diff and write nothing (default).")
@click.option("--apply", "write", is_flag=True, help="Write the Dockerfile and the files beside it.")
@click.option(
    "--prove", "proving", is_flag=True, help="Build before and after; drop what the builds do not confirm."
)
@project_options
@click.pass_obj
def command(
    console: Console,
    path: str,
    diff: bool,
    write: bool,
    proving: bool,
    context: str | None,
    build_args: tuple[str, ...],
    target: str | None,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    form: str,
) -> int:
    """Rewrite a Dockerfile: smaller image, faster build, the same content.

    PATH is a Dockerfile or its folder (default: this one). Without --prove only changes that are safe by
    construction are made. Exit codes: 0 nothing to do, or written, or proved; 1 the diff is shown and not
    applied; 2 cannot run; 3 the proof dropped a change.
    """
    if diff and write:
        raise UsageError("--diff and --apply contradict each other", "--diff only shows, --apply writes")
    if write and path == "-":
        raise UsageError("standard input cannot be written to", "name the Dockerfile, or leave out --apply")
    render = find_report(form)
    source = find_one(path, context)
    project = open_project(source, Request(context, target, build_arguments(build_args)))
    rules = Selection(split_names(select), split_names(ignore)).rules_for(project)
    made = _make(console, project, rules, proving)
    result = made.rewrite
    written: tuple[str, ...] = ()
    if write and result.changed and not made.unproved:
        from jettison.cli.write import write_changes

        written = write_changes(file_changes(result), project.root)
    answer = Answer(
        "fix",
        (project,),
        findings_of(project, rules),
        rewrite=result,
        left=check(result.after, rules),
        written=written,
        proof=made.proof,
        unproved=made.unproved,
    )
    console.write(render(answer, console.style))
    return made.exit_code if proving else 1 if result.changed and not written else 0


class _Made(NamedTuple):
    rewrite: Rewrite
    proof: Proof | None = None
    unproved: str = ""
    exit_code: int = 0


def _make(console: Console, project: Project, rules: tuple[Rule, ...], proving: bool) -> _Made:
    """The rewrite; with `proving`, what is left of it after the builds, or why there were none."""
    result = rewrite(project, rules, levels=APPLIED_WITH_PROOF if proving else APPLIED_WITHOUT_PROOF)
    if not proving or not result.changed:
        return _Made(result)
    from jettison.cli.proving import prove_rewrite

    try:
        proof, survived = prove_rewrite(console, project, result, rules)
    except CannotRun as problem:
        return _Made(
            result, None, "\n".join(filter(None, (problem.message, problem.hint))), problem.exit_code
        )
    failed = len(survived.changes) < len(result.changes)
    return _Made(survived, proof, exit_code=ProofFailed.exit_code if failed else 0)
