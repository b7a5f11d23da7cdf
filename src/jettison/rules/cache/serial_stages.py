"""A stage waits for another that it does not need."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Stage
from jettison.findings import Finding, Saving
from jettison.project import Project
from jettison.rules import rule


@rule("JT207")
def serial_stages(project: Project) -> Iterator[Finding]:
    """A stage waits for another that it does not need.

    What:
        A stage built FROM another although it uses nothing that the other one makes: its own RUNs work in
        other folders, after COPYs of other files.

    Why:
        BuildKit builds stages side by side; a stage that stands on another waits until that one is done.

    How it is fixed:
        Not automatically: both would start FROM the same base. What a RUN leaves outside its folder cannot be
        read from the file.

    When not:
        RUNs that install something into the system, and anything that names a path of the other stage.

    References:
        https://docs.docker.com/build/building/multi-stage/
    """
    for stage in project.dockerfile.stages:
        if stage.base_stage is None:
            continue
        below = project.dockerfile.stages[stage.base_stage]
        if below.base_stage is not None or not _heavy(project, below) or not _heavy(project, stage):
            continue
        mine, theirs = _folders(project, stage), _folders(project, below)
        text = " ".join(project.dockerfile.text(i.span) for i in stage.instructions)
        apart = mine and theirs and not any(a.startswith(b) or b.startswith(a) for a in mine for b in theirs)
        if apart and not any(folder in text for folder in theirs):
            yield Finding(
                stage.from_.span,
                f"this stage uses nothing of {stage.base}, and waits for it all the same",
                Saving(seconds=10),
                refused=f"FROM {below.base} as that one has would let both be built side by side: what a RUN "
                "leaves outside its folder is not written down",
            )


def _heavy(project: Project, stage: Stage) -> bool:
    """True for a stage that builds something in a folder of its own, with package managers of languages."""
    from jettison.shell.packages import action

    found = False
    for _, script in project.runs(stage):
        for command in script.commands if script.ok else (None,):
            done = action(command) if command is not None else None
            if done is None or done.manager.family in ("apt", "apk", "rpm") or "-g" in done.flags:
                return False
            found = True
    return found


def _folders(project: Project, stage: Stage) -> set[str]:
    """The working directories of a stage's RUNs."""
    return {project.scope(run).workdir.rstrip("/") + "/" for run, _ in project.runs(stage)} - {"/"}
