"""The build asks git for a version, and the ignore file leaves .git out."""

from __future__ import annotations

import os
from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project, ignore_path
from jettison.rules import rule


@rule("JT305")
def vcs_needed(project: Project) -> Iterator[Finding]:
    """The build asks git for a version, and the ignore file leaves .git out.

    What:
        setuptools_scm, hatch-vcs, versioneer, `git describe` and their like in what the build reads, while
        `.git` does not reach the builder.

    Why:
        The build fails ("unable to detect version"), or, worse, succeeds with version 0.0.0.

    How it is fixed:
        Not automatically. The version can be passed in, which keeps `.git` out and the cache warm:
        `ARG VERSION` and SETUPTOOLS_SCM_PRETEND_VERSION, `-ldflags`, `-Drevision`. Or the line of the ignore
        file goes, and every commit makes the COPY run again.

    When not:
        Where the Dockerfile sets such a variable already.

    References:
        https://setuptools-scm.readthedocs.io/en/stable/usage/#usage-from-docker
    """
    ignore = project.context.ignore
    if ignore is None or ignore.problems or not ignore.excludes(".git"):
        return
    if not os.path.lexists(os.path.join(project.root, ".git")):
        return
    from jettison.rules.keeping import Sources, leave_row, why_needed

    if b"PRETEND_VERSION" in project.dockerfile.source or b"VERSIONEER" in project.dockerfile.source:
        return
    copy = next((i for i in project.dockerfile.instructions if i.keyword in ("COPY", "ADD")), None)
    row = leave_row("git history")
    if copy is None or row is None:
        return
    why = why_needed(project, row, {}, Sources(project, ()))
    if why:
        yield Finding(
            copy.span,
            f"{why}, and {ignore_path(project.context)} keeps .git from the builder",
            refused="pass the version in as an ARG, or let .git through: which, is yours to say",
        )
