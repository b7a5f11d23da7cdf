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
    from jettison.observed import ObservedBuild
    from jettison.project import Project
    from jettison.report.why import Explanation

_CACHES = {
    "local": "the builder, which keeps its cache",
    "max": "a fresh builder with a registry cache, mode=max",
    "min": "a fresh builder with a registry cache, mode=min",
    "none": "a fresh builder without cache",
}


@click.command("why")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--builds", is_flag=True, help="Compare the last two builds; default where they are known.")
@click.option("--before", metavar="REV|DIR", help="What was built: a commit or a folder; default: HEAD.")
@click.option("--after", metavar="REV|DIR", help="What is built then; default: the files as they are.")
@click.option(
    "--cache",
    type=click.Choice(list(_CACHES)),
    help="What the builder of --after has: its own cache (default), one from a registry by its mode, none.",
)
@click.option(
    "--cache-ref",
    metavar="REF",
    help="Look the last build up in an exported cache: what --cache-from takes, HOST/NAME:TAG, or a folder.",
)
@context_option
@target_options
@format_option
@click.pass_obj
def command(
    console: Console,
    path: str,
    builds: bool,
    before: str | None,
    after: str | None,
    cache: str | None,
    cache_ref: str | None,
    context: str | None,
    build_args: tuple[str, ...],
    target: str | None,
    form: str,
) -> int:
    """Say why steps are not taken from the cache: the first one that runs, what changed, what it costs.

    PATH is a Dockerfile or its folder (default: this one). Two builds are compared: those that `jettison
    build` recorded last, else those in the builder's history (--builds); or two states of the project, each a
    commit or a folder, without any build. Nothing is built. Exit codes: 0 everything is cached, 1 steps run,
    2 cannot run.
    """
    from jettison.cache.gittree import is_in_git

    render = find_report(form)
    states = bool(before or after or cache)
    if states and (builds or cache_ref):
        raise UsageError(
            "builds and states contradict each other",
            "--builds and --cache-ref are about builds, --before, --after and --cache about states",
        )
    source = find_one(path, context)
    if source.file is None:
        raise UsageError("standard input has no files to compare", "name the Dockerfile")
    project = open_project(source, Request(context, target, build_arguments(build_args)))
    if cache_ref is not None:
        why = _in_cache(source, project, cache_ref)
    elif builds or (not states and len(_kept(source, project)) > 1):
        why = _between_builds(source, project)
    else:
        if before is None and not is_in_git(project.root):
            raise CannotRun(
                f"{source.shown} has nothing to be compared with: no recorded builds, no git repository",
                "build twice with `jettison build`, or name what was built: --before FOLDER",
            )
        why = _between_states(source, project, before or "HEAD", after, cache or "local")
    console.write(render(Answer("why", (project,), why=why), console.style))
    return 1 if why.misses else 0


def _between_states(
    source: Source, project: Project, before: str, after: str | None, cache: str
) -> Explanation:
    """What a build of one state would run after a build of the other."""
    from jettison.cache.explain import explain
    from jettison.cache.store import Store, exported
    from jettison.findings import Basis
    from jettison.replay.costs import costs_of
    from jettison.report.why import Explanation

    old, new = _built(source, project, before), _built(source, project, after or str(project.root))
    store = Store().with_build(old.steps, old.keys) if cache == "local" else Store()
    if cache in ("min", "max"):
        store = exported(old.steps, old.keys, "min" if cache == "min" else "max")
    misses = explain(None if cache == "none" else old, new, store, _CACHES[cache])
    costs = costs_of(project.changed(new.dockerfile.source, {}), new.steps)
    seconds = tuple(cost.cold for cost in costs)
    return Explanation(old.label, new.label, _CACHES[cache], new.steps, misses, seconds, Basis.RULE_OF_THUMB)


def _between_builds(source: Source, project: Project) -> Explanation:
    """Why the last build ran what it ran."""
    from jettison.findings import Basis
    from jettison.observed.why import explain_builds
    from jettison.report.why import Explanation

    seen = _last_builds(source, project)
    if len(seen) < 2:
        raise CannotRun(
            f"{source.shown}: fewer than two of its builds are known",
            "build twice with `jettison build`, or compare states: jettison why --before HEAD",
        )
    new, old = seen[:2]
    found = explain_builds(old, new)
    return Explanation(
        f"the build of {old.began[:19]}",
        f"the build of {new.began[:19]}",
        _CACHES["local"],
        found.built.steps,
        found.misses,
        found.seconds,
        Basis.MEASURED,
    )


def _in_cache(source: Source, project: Project, reference: str) -> Explanation:
    """What of the last build an exported cache has."""
    from jettison.findings import Basis
    from jettison.observed import read_cache
    from jettison.observed.why import explain_cache
    from jettison.report.why import Explanation

    cache = read_cache(reference)
    seen = _last_builds(source, project)
    if not seen:
        raise CannotRun(f"{source.shown}: no build of it is known", "build with `jettison build` first")
    found = explain_cache(cache, seen[0])
    return Explanation(
        f"what {reference} has",
        f"the build of {seen[0].began[:19]}",
        f"{cache.kind} cache, {len(cache.records)} keys, {cache.results} with results",
        found.built.steps,
        found.misses,
        found.seconds,
        Basis.MEASURED,
    )


def _kept(source: Source, project: Project) -> tuple[Path, ...]:
    """The records of this Dockerfile with this context, the newest first."""
    from jettison.observed.kept import kept_builds

    assert source.file is not None
    return kept_builds(str(project.root.absolute()), str(source.file.absolute()))


def _last_builds(source: Source, project: Project) -> list[ObservedBuild]:
    """The last builds that ended well, the newest first: those recorded, else those the builder remembers."""
    from jettison.observed.kept import read_build

    assert source.file is not None
    found = []
    for path in _kept(source, project):
        build = read_build(path)
        if build.record.ok:
            found.append(build)
        if len(found) == 2:
            return found
    if found:
        return found
    from jettison.build import Engine
    from jettison.observed import observed_builds

    own = os.path.realpath(source.file)
    return [
        build
        for build in observed_builds(Engine.find(), 50)
        if build.record.ok and os.path.realpath(build.path) == own and build.dockerfile is not None
    ][:2]


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
