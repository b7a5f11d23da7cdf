"""`jettison fix`: the rewrite as a diff, proved by builds where asked, and written where asked."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, NamedTuple

import click

from jettison.check import check, shown
from jettison.cli.building import Builder, builder_options, read_secrets
from jettison.cli.check import Selection, findings_of
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
from jettison.cli.sources import Request, find_one, open_project
from jettison.errors import CannotRun, UsageError
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
@context_option
@target_options
@rule_options
@builder_options
@format_option
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
    secrets: tuple[str, ...],
    ssh: tuple[str, ...],
    quick: bool,
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
    made = _Made(rewrite(project, rules, levels=APPLIED_WITH_PROOF if proving else APPLIED_WITHOUT_PROOF))
    if proving and made.rewrite.changed:
        builder = Builder(read_secrets(secrets, os.environ), ssh, quick)
        made = _prove(console, project, made.rewrite, rules, builder)
    for note in context_notes(project):
        console.note(note)
    result = made.rewrite
    written: tuple[str, ...] = ()
    if write and result.changed and made.trusted:
        from jettison.cli.write import write_changes

        written = write_changes(file_changes(result), project.root)
    answer = Answer(
        "fix",
        (project,),
        findings_of(project, rules),
        rewrite=result,
        left=shown(check(result.after, rules)),
        written=written,
        proof=made.proof,
        unproved=made.unproved,
    )
    console.write(render(answer, console.style))
    return made.exit_code if proving else 1 if result.changed and not written else 0


class _Made(NamedTuple):
    """A rewrite, and how far it may be trusted."""

    rewrite: Rewrite
    proof: Proof | None = None
    unproved: str = ""
    exit_code: int = 0
    trusted: bool = True


def _prove(
    console: Console, project: Project, result: Rewrite, rules: tuple[Rule, ...], builder: Builder
) -> _Made:
    """What is left of a rewrite after the builds, or why there were none."""
    from jettison.cli.proving import exit_code_of, prove_rewrite

    try:
        proof, kept = prove_rewrite(console, project, result, rules, builder)
    except CannotRun as problem:
        why = "\n".join(filter(None, (problem.message, problem.hint)))
        return _Made(result, None, why, problem.exit_code, trusted=False)
    return _Made(kept, proof, exit_code=exit_code_of(proof), trusted=proof.passed)
