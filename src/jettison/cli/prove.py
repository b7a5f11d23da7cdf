"""`jettison prove`: two versions of a Dockerfile, built and compared."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jettison.cli.building import Builder, builder_options, read_secrets
from jettison.cli.check import findings_of
from jettison.cli.console import Console
from jettison.cli.options import build_arguments, context_option, format_option, target_options
from jettison.cli.proving import exit_code_of, prove_candidates
from jettison.cli.sources import Request, find_one, open_project
from jettison.errors import CannotRun, UsageError
from jettison.findings import Allowance
from jettison.proof import Candidate, Change
from jettison.report import Answer, find_report
from jettison.run import run

if TYPE_CHECKING:
    from jettison.project import Project

_CONFIG = (
    *("Cmd", "Entrypoint", "Env", "ExposedPorts", "Healthcheck", "Labels", "OnBuild", "Shell", "StopSignal"),
    *("User", "Volumes", "WorkingDir"),
)
"""Fields of an image config that a Dockerfile sets, as Docker spells them."""


@click.command("prove")
@click.argument("path", default=".", metavar="[PATH]")
@click.option(
    "--before",
    metavar="FILE|REV",
    default="HEAD",
    show_default=True,
    help="The Dockerfile to compare with: a file, or PATH as it is in a git revision.",
)
@click.option(
    "--allow",
    "allowed",
    multiple=True,
    metavar="WHAT[=NAME]",
    help="What may differ: vanish, appear or change with a glob of image paths, config with a field.",
)
@context_option
@target_options
@builder_options
@format_option
@click.pass_obj
def command(
    console: Console,
    path: str,
    before: str,
    allowed: tuple[str, ...],
    context: str | None,
    build_args: tuple[str, ...],
    target: str | None,
    secrets: tuple[str, ...],
    ssh: tuple[str, ...],
    quick: bool,
    form: str,
) -> int:
    """Build a Dockerfile as it was and as it is, compare the images, run both, and time the rebuilds.

    PATH is a Dockerfile or its folder (default: this one). Any difference between the images that --allow
    does not name fails the proof: --allow vanish='/usr/local/go/*' --allow config=User. Exit codes: 0 proved,
    1 over a budget, 2 cannot run or nothing to compare by, 3 the images differ.
    """
    render = find_report(form)
    source = find_one(path, context)
    if source.file is None:
        raise UsageError("standard input cannot be proved", "name the Dockerfile")
    project = open_project(source, Request(context, target, build_arguments(build_args)))
    old = _before(before, source.file, project)
    title = f"{source.shown} instead of {old.label}"
    change = Change("edit", title, allows=read_allowance(allowed))
    new = Candidate(project.dockerfile.source, label="after")
    builder = Builder(read_secrets(secrets, os.environ), ssh, quick)
    proof = prove_candidates(console, project, old, (change,), lambda ids: new if ids else old, builder)
    answer = Answer("prove", (project,), findings_of(project, ()), proof=proof)
    console.write(render(answer, console.style))
    return exit_code_of(proof)


def read_allowance(specs: tuple[str, ...]) -> Allowance:
    """`vanish=GLOB`, `appear=GLOB`, `change=GLOB`, `config=FIELD`; without a name: all. Raises UsageError."""
    made: dict[str, list[str]] = {"vanish": [], "appear": [], "change": [], "config": []}
    for spec in specs:
        kind, _, name = spec.partition("=")
        if kind not in made:
            raise UsageError(f"--allow {spec!r} is not understood", f"one of {', '.join(made)}, then =NAME")
        made[kind] += [name] if name else _CONFIG if kind == "config" else ["*"]
    vanish, appear, change, config = map(tuple, made.values())
    return Allowance(vanish, appear, change, config)


def _before(before: str, file: Path, project: Project) -> Candidate:
    """The Dockerfile to compare with, and the ignore file that belonged to it."""
    if os.path.isfile(before):
        try:
            return Candidate(Path(before).read_bytes(), label=before)
        except OSError as problem:
            raise CannotRun(f"{before}: cannot be read: {problem.strerror}") from None
    content = _in_git(before, file)
    if content is None:
        raise CannotRun(
            f"{before}: neither a file nor a git revision that has {file}",
            "name the Dockerfile to compare with: --before FILE",
        )
    files = {}
    for name in (f"{file.name}.dockerignore", ".dockerignore"):
        ignore = (file.parent if name != ".dockerignore" else project.root) / name
        now, then = ignore.read_bytes() if ignore.is_file() else None, _in_git(before, ignore)
        if now != then and ignore.resolve().is_relative_to(project.root.resolve()):
            files[ignore.resolve().relative_to(project.root.resolve()).as_posix()] = then or b""
    if content == project.dockerfile.source and not files:
        raise CannotRun(f"{project.path} is as it is in {before}: there is nothing to compare")
    return Candidate(content, files, label=f"{before}:{file.name}")


def _in_git(revision: str, file: Path) -> bytes | None:
    """The content of a file in a revision; None when git does not know either."""
    if revision.startswith("-"):
        return None
    folder, name = file.parent, file.name
    done = run(["git", "show", f"{revision}:./{name}"], cwd=folder)
    return done.stdout if done.ok else None
