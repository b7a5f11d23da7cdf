"""The build asks git for a version, and the ignore file leaves .git out."""

from __future__ import annotations

import os
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project, ignore_path
from jettison.rules import rule
from jettison.rules.taking import sources

if TYPE_CHECKING:
    from jettison.context.ignore import IgnoreFile
    from jettison.rules.asksgit import Asks


@rule("JT305")
def vcs_needed(project: Project) -> Iterator[Finding]:
    """The build asks git for a version, and the ignore file leaves .git out.

    What:
        setuptools_scm, hatch-vcs, versioneer, `git describe` and their like in a RUN, or in a file that a
        COPY takes and a RUN builds with, while `.git` does not reach the builder.

    Why:
        The build fails ("unable to detect version"), or, worse, succeeds with version 0.0.0.

    How it is fixed:
        Two ways, which only you can choose between. Pass the version in: that keeps `.git` out and the cache
        warm, and the message names the variable of the tool. Or let `.git` through by a `!.git` line, which
        is shown: then every commit makes the COPY run again.

    When not:
        Where the Dockerfile sets such a variable, where a fallback is written down (`fallback_version`,
        `|| echo dev`), where the RUN clones or makes its own repository, and where there is no `.git`.

    References:
        https://setuptools-scm.readthedocs.io/en/stable/usage/#usage-from-docker
        https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    ignore = project.context.ignore
    if ignore is None or ignore.problems or not ignore.excludes(".git"):
        return
    takers = sources(project)
    if not takers or not os.path.lexists(os.path.join(project.root, ".git")):
        return
    from jettison.rules.asksgit import asks

    for asked in asks(project, takers):
        yield _finding(project, ignore, asked)
        return


def _finding(project: Project, ignore: IgnoreFile, asked: Asks) -> Finding:
    path = ignore_path(project.context)
    message = f"{asked.who}, and {path} keeps .git from the builder"
    passed = f"pass it in: {asked.passed}"
    if path.startswith("../") or not asked.from_context:
        return Finding(asked.span, message, refused=f"{passed}; or let .git through in {path}")
    from jettison.rules.ignorefile import longer

    text = longer(project, "!.git\n")
    title = f"Let .git through ({path}: !.git); or, better for the cache, {passed}"
    return Finding(asked.span, message, fix=Fix(title, (), Safety.SUGGEST, {path: text}))
