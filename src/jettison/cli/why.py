"""`jettison why`: why a step was not taken from the cache."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jettison.cli.console import Console
from jettison.cli.options import build_arguments, context_option, format_option, target_options
from jettison.cli.sources import Request, Source, find_one, open_project
from jettison.errors import CannotRun, UsageError
from jettison.report import Answer, find_report

if TYPE_CHECKING:
    from jettison.cache.built import Built
    from jettison.project import Project

_CACHES = {
    "local": "the builder, which keeps its cache",
    "max": "a fresh builder with a registry cache, mode=max",
    "min": "a fresh builder with a registry cache, mode=min",
    "none": "a fresh builder without cache",
}


@click.command("why")
@click.argument("path", default=".", metavar="[PATH]")
@click.option(
    "--before",
    default="HEAD",
    show_default=True,
    metavar="REV|DIR",
    help="What was built: a commit, a folder.",
)
@click.option("--after", metavar="REV|DIR", help="What is built then; default: the files as they are.")
@click.option(
    "--cache",
    type=click.Choice(list(_CACHES)),
    default="local",
    show_default=True,
    help="What the builder has.",
)
@context_option
@target_options
@format_option
@click.pass_obj
def command(
    console: Console,
    path: str,
    before: str,
    after: str | None,
    cache: str,
    context: str | None,
    build_args: tuple[str, ...],
    target: str | None,
    form: str,
) -> int:
    """Say why steps are not taken from the cache: the first one that runs, what changed, what it costs.

    PATH is a Dockerfile or its folder (default: this one). Two states are compared, each a commit or a
    folder. Nothing is built. Exit codes: 0 everything is cached, 1 steps run, 2 cannot run.
    """
    from jettison.cache.explain import explain
    from jettison.cache.store import Store, exported
    from jettison.replay.costs import costs_of
    from jettison.report.why import Explanation

    render = find_report(form)
    source = find_one(path, context)
    if source.file is None:
        raise UsageError("standard input has no files to compare", "name the Dockerfile")
    project = open_project(source, Request(context, target, build_arguments(build_args)))
    old, new = _built(source, project, before), _built(source, project, after or str(project.root))
    store = Store().with_build(old.steps, old.keys) if cache == "local" else Store()
    if cache in ("min", "max"):
        store = exported(old.steps, old.keys, "min" if cache == "min" else "max")
    misses = explain(None if cache == "none" else old, new, store, _CACHES[cache])
    costs = costs_of(project.changed(new.dockerfile.source, {}), new.steps)
    why = Explanation(old.label, new.label, _CACHES[cache], new.steps, misses, costs)
    console.write(render(Answer("why", (project,), why=why), console.style))
    return 1 if misses else 0


def _built(source: Source, project: Project, where: str) -> Built:
    """The build of a commit or of a folder, with the Dockerfile and the ignore file as they are there."""
    from jettison.cache.built import build_in_thought
    from jettison.cache.gittree import as_checkout, link_targets, read_commit, read_file
    from jettison.cache.steps import Build
    from jettison.cache.tree import folder_links, folder_tree
    from jettison.context import IgnoreFile
    from jettison.dockerfile import parse

    assert source.file is not None
    build = Build(project.build_args, project.target)
    own_ignore = f"{source.file.name}.dockerignore"
    if os.path.isdir(where):
        root = Path(where)
        inside = os.path.relpath(source.file, project.root)
        file = source.file if root == project.root else root / inside
        try:
            text = file.read_bytes()
        except OSError as problem:
            raise CannotRun(f"{file}: cannot be read: {problem.strerror}") from None
        ignore = IgnoreFile.find(root, file)
        tree = as_checkout(root, folder_tree(root, ignore))
        built = build_in_thought(parse(text), tree, ignore, build, folder_links(root, tree))
    else:
        tree = read_commit(project.root, where)
        found = read_file(source.file.parent, where, source.file.name)
        if found is None:
            raise CannotRun(f"{where} has no {source.shown}", "name a commit that has it")
        ignored = read_file(source.file.parent, where, own_ignore)
        if ignored is None:
            ignored = read_file(project.root, where, ".dockerignore")
        ignore = None if ignored is None else IgnoreFile.parse(ignored)
        built = build_in_thought(parse(found), tree, ignore, build, link_targets(project.root, tree))
    if built.missing:
        step = built.steps[built.missing[0]]
        raise CannotRun(f"{tree.label} cannot be built: line {step.lines[0]} finds nothing to copy")
    return built
