"""`apt-get update` has a RUN of its own, and is older than what is installed from it."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT205", order=27)
def apt_update_alone(project: Project) -> Iterator[Finding]:
    """`apt-get update` has a RUN of its own, and is older than what is installed from it.

    What:
        A RUN that does nothing but update apt's lists, and a later RUN that installs without updating.

    Why:
        The lists come from the cache, from whenever that RUN was last run. When the install changes months
        later, it asks for versions that the mirror no longer has, and fails with 404. On the machine of
        whoever wrote it, it works.

    How it is fixed:
        The later RUN has to update by itself, in the same command: `apt-get update && apt-get install …`. It
        is told and not applied, because newer lists bring newer packages, which no comparison with the image
        of before can confirm.

    When not:
        A RUN that installs directly after the update, with nothing but comments between: see
        `package-cache-left`, which joins the two.

    References:
        https://docs.docker.com/build/building/best-practices/#apt-get
    """
    if b"update" not in project.dockerfile.source:
        return
    for stage in project.dockerfile.stages:
        yield from _stage(project, stage)


def _stage(project: Project, stage: Stage) -> Iterator[Finding]:
    alone: Instruction | None = None
    for run, script in project.runs(stage):
        verbs = _verbs(project, run)
        if not script.ok or not verbs:
            continue
        if verbs <= {"update", "clean"} and "update" in verbs and len(script.commands) == 1:
            alone = run
        elif "update" in verbs:
            alone = None
        elif "install" in verbs and alone is not None:
            yield Finding(
                alone.span,
                f"the install of line {run.start_line} uses lists that come from the cache, however old",
                refused=f"write `apt-get update && ` before the install of line {run.start_line}: newer "
                "lists bring newer packages, which no comparison with the image of before can confirm",
            )
            alone = None


def _verbs(project: Project, run: Instruction) -> set[str]:
    """What apt is told to do in a RUN; empty when it is not called."""
    from jettison.shell.packages import action

    done = [found for command in project.script(run).commands if (found := action(command)) is not None]
    return {each.verb for each in done if each.manager.family == "apt"}
