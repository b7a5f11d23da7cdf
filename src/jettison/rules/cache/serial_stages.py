"""A stage, or a step, waits for another that it does not need."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Stage
from jettison.facts import load
from jettison.findings import Finding, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.installing import Install, install_of
from jettison.stages import covers


@rule("JT207")
def serial_stages(project: Project) -> Iterator[Finding]:
    """A stage, or a step, waits for another that it does not need.

    What:
        A stage built FROM another although it uses nothing that the other one makes: its own RUNs work in
        other folders, after COPYs of other files. And two installs of different package managers, or in
        different folders, one after the other in one stage.

    Why:
        BuildKit builds stages side by side, but the steps of one stage one after the other. The build takes
        the sum of both, where it could take the longer one, and a change of the first runs the second again.

    How it is fixed:
        Not automatically: each would get a stage of its own FROM the same base, and what it makes would be
        brought together with COPY --from. What a RUN leaves outside its folder cannot be read from the file.

    When not:
        RUNs that install something into the system, and anything that names a path of the other one.

    References:
        https://docs.docker.com/build/building/multi-stage/
    """
    for stage in project.dockerfile.stages:
        yield from _between(project, stage)
        yield from _within(project, stage)


def _between(project: Project, stage: Stage) -> Iterator[Finding]:
    """A stage FROM one that it does not need."""
    below = project.dockerfile.stages[stage.base_stage] if stage.base_stage is not None else None
    if below is None or below.base_stage is not None:
        return
    if not _heavy(project, below) or not _heavy(project, stage):
        return
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


def _within(project: Project, stage: Stage) -> Iterator[Finding]:
    """The first install of a stage that needs nothing of an earlier one."""
    costs = load("costs")["install_seconds"]
    earlier: list[Install] = []
    for run, _ in project.runs(stage):
        install = install_of(project, run)
        if install is None or install.system or install.why or install.manager not in costs:
            continue
        if not any(need.kind == "manifests" for need in install.reads):
            continue
        other = next((each for each in earlier if _apart(project, each, install)), None)
        earlier.append(install)
        if other is not None:
            times = sorted((costs[other.manager], costs[install.manager]))
            yield Finding(
                run.span,
                f"`{install.shown}` waits for `{other.shown}` of line {other.run.start_line}, which it does "
                f"not need: side by side they take about {times[1]} s instead of {sum(times)} s",
                Saving(seconds=times[0]),
                refused="each would want a stage of its own, and COPY --from to bring both together: what a "
                "RUN leaves outside its folder is not written down",
            )
            return


def _apart(project: Project, one: Install, other: Install) -> bool:
    """True for installs of two languages, or in two folders, neither of which names the other's."""
    from jettison.shell.packages import find_manager

    kinds = [manager.family if (manager := find_manager(each.manager)) else "" for each in (one, other)]
    if kinds[0] != kinds[1]:
        return True
    places = [project.scope(each.run).workdir.rstrip("/") for each in (one, other)]
    texts = [project.dockerfile.text(each.run.span) for each in (one, other)]
    shared = "" in places or covers(places[0], places[1]) or covers(places[1], places[0])
    return kinds[0] == "node" and not shared and places[0] not in texts[1] and places[1] not in texts[0]


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
