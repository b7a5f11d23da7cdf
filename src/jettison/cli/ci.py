"""`jettison ci`: pipelines with a cache, written or repaired; and the check of the budgets in them."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from jettison.cli.console import Console
from jettison.cli.notes import context_notes
from jettison.cli.options import build_arguments, context_option, format_option, target_options
from jettison.cli.sources import Request, find_one, open_project
from jettison.errors import CannotRun, UsageError
from jettison.report import Answer, find_report
from jettison.run import run, which

if TYPE_CHECKING:
    from jettison.ci.choice import Choice
    from jettison.ci.wiring import Wiring
    from jettison.project import Project


@click.command("ci")
@click.argument("path", default=".", metavar="[PATH]")
@click.option("--diff", is_flag=True, help="Show the diff and write nothing (default).")
@click.option("--apply", "write", is_flag=True, help="Write the files.")
@click.option(
    "--provider",
    type=click.Choice(["github", "gitlab", "buildx"]),
    help="Default: by the files that are there and the remote of git.",
)
@click.option(
    "--cache", type=click.Choice(["registry", "gha", "local"]), help="Default: chosen, with the reason."
)
@click.option("--mode", type=click.Choice(["min", "max"]), help="Default: chosen, with the reason.")
@click.option("--image", metavar="NAME", help="The image that is pushed from the main branch, without a tag.")
@click.option(
    "--platform", "platforms", multiple=True, metavar="OS/ARCH", help="As in docker build; several times."
)
@click.option(
    "--install", metavar="COMMAND", help="Also write the budget check; COMMAND installs jettison there."
)
@click.option("--file", "script", metavar="FILE", help="With --provider buildx: the script to repair.")
@click.option(
    "--measure", is_flag=True, help="Build once here, and choose the mode by what each export costs."
)
@click.option(
    "--check",
    "checked",
    metavar="IMAGE",
    help="Write nothing: hold an image (of the engine, or an archive) to the budgets of jettison.toml.",
)
@click.option(
    "--metadata", metavar="FILE", help="With --check: what `docker buildx build --metadata-file` wrote."
)
@context_option
@target_options
@format_option
@click.pass_obj
def command(
    console: Console,
    path: str,
    diff: bool,
    write: bool,
    provider: str | None,
    cache: str | None,
    mode: str | None,
    image: str | None,
    platforms: tuple[str, ...],
    install: str | None,
    script: str | None,
    measure: bool,
    checked: str | None,
    metadata: str | None,
    context: str | None,
    build_args: tuple[str, ...],
    target: str | None,
    form: str,
) -> int:
    """Write or repair the pipeline that builds the image, with a cache that fresh machines share.

    PATH is a Dockerfile or its folder (default: this one). Workflows of GitHub Actions, .gitlab-ci.yml or a
    script that are there get what their build steps lack; every other byte stays. Where nothing builds the
    image yet, a file is written. Exit codes: 0 nothing to do, or written, or within the budgets; 1 the diff
    is shown and not applied, or a budget is exceeded; 2 cannot run.
    """
    if diff and write:
        raise UsageError("--diff and --apply contradict each other", "--diff only shows, --apply writes")
    if path == "-":
        raise UsageError("standard input has no pipeline", "name the Dockerfile or its folder")
    if install is not None and (not install.strip() or not install.isprintable()):
        raise UsageError("--install takes one shell command on one line")
    render = find_report(form)
    project = open_project(find_one(path, context), Request(context, target, build_arguments(build_args)))
    if checked is not None:
        from jettison.cli.budget import check_budget

        return check_budget(console, render, project, checked, metadata)
    if metadata is not None:
        raise UsageError("--metadata belongs to --check IMAGE")
    root = repository_of(project.root)
    chosen = provider or _provider(root, project)
    if (cache, chosen) in (("gha", "gitlab"), ("gha", "buildx"), ("local", "github"), ("local", "gitlab")):
        raise UsageError(
            f"--cache {cache} is not for --provider {chosen}",
            "gha is GitHub's own cache; local is a folder that stays, for a script on one machine",
        )
    wiring = _wire(console, project, root, chosen, platforms, script or "", measure, image or "", {
        "backend": cache or "", "mode": mode or "", "install": install or "",
    })  # fmt: skip
    written: tuple[str, ...] = ()
    if write and wiring.files:
        from jettison.cli.write import write_changes

        for change in wiring.files:
            change.path.parent.mkdir(parents=True, exist_ok=True)
        written = write_changes(wiring.files, root)
    for note in context_notes(project):
        console.note(note)
    console.write(render(Answer("ci", (project,), written=written, wiring=wiring), console.style))
    return 1 if wiring.files and not written else 0


def _wire(
    console: Console,
    project: Project,
    root: Path,
    provider: str,
    platforms: tuple[str, ...],
    script: str,
    measure: bool,
    image: str,
    asked: dict[str, str],
) -> Wiring:
    from jettison.ci.choice import Measured, choose
    from jettison.ci.needs import Needs, needs_of
    from jettison.ci.site import Asked, Site
    from jettison.ci.wanted import Wanted
    from jettison.ci.wire import wire

    measured: Measured | None = None
    if measure:
        from jettison.cli.measuring import measure_exports

        measured = measure_exports(console, project)
    recorded = None if measured else _recorded(console, project)
    known = Asked(asked["backend"], asked["mode"], image, _branch(root))

    def choose_for(needs: Needs, pushes: bool) -> Choice:
        return choose(
            provider,
            needs,
            backend=known.backend,
            mode=known.mode,
            pushes=pushes,
            builds=max(len(platforms), 1),
            recorded=recorded,
            measured=measured,
        )

    site = Site(root, known._replace(install=asked["install"]), project, choose_for)
    assert project.file is not None
    needs = needs_of(project)
    wanted = Wanted(
        _inside(root, project.file),
        _inside(root, project.root),
        project.target or "",
        platforms,
        image,
        known.branch,
        choose_for(needs, bool(image)),
        needs,
        asked["install"],
    )
    return wire(site, provider, wanted, script)


def _recorded(console: Console, project: Project) -> float | None:
    """What the steps that mode=min drops took in the builds that `jettison build` recorded."""
    from jettison.ci.needs import lost_seconds
    from jettison.observed import kept_builds, read_build
    from jettison.observed.costs import costs_in

    builds = []
    for path in kept_builds(
        str(project.root.absolute()), str(project.file.absolute() if project.file else "")
    ):
        try:
            builds.append(read_build(path))
        except CannotRun as problem:
            console.note(problem.message)
    found = {text: each.cold for text, each in costs_in(builds).measured.items()}
    return lost_seconds(project, found) if found else None


def repository_of(folder: Path) -> Path:
    """The root of the git repository around a folder; the folder itself where there is none."""
    start = Path(os.path.realpath(folder))
    for each in (start, *start.parents):
        if os.path.lexists(each / ".git"):
            return each
    return start


def _inside(root: Path, path: Path) -> str:
    relative = os.path.relpath(os.path.realpath(path), root)
    if relative.startswith(".."):
        raise UsageError(
            f"{path} is not in the repository {root}", "call jettison in the repository of the pipeline"
        )
    return Path(relative).as_posix()


def _provider(root: Path, project: Project) -> str:
    if (root / ".gitlab-ci.yml").is_file():
        return "gitlab"
    if (root / ".github").is_dir():
        return "github"
    return "gitlab" if "gitlab" in _git(root, "config", "--get", "remote.origin.url") else "github"


def _branch(root: Path) -> str:
    """The main branch: what origin/HEAD names, else the current one, else main."""
    head = _git(root, "symbolic-ref", "--short", "refs/remotes/origin/HEAD").partition("/")[2]
    return head or _git(root, "symbolic-ref", "--short", "HEAD") or "main"


def _git(root: Path, *words: str) -> str:
    if which("git") is None:
        return ""
    done = run(["git", *words], cwd=root)
    return done.text.strip() if done.ok else ""
