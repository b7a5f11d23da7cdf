"""A step whose files change often stands above one that takes long and does not need it."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.findings import Basis, Finding, Fix, Safety, Saving
from jettison.installs import needs
from jettison.project import Project
from jettison.rules import rule

_MOST = 60
"""Instructions of a stage, above which nothing is proposed."""


@rule("JT209", order=23)
def unstable_before_stable(project: Project) -> Iterator[Finding]:
    """A step whose files change often stands above one that takes long and does not need it.

    What:
        A COPY of files that change with many commits, above a RUN that does not read them, while the git
        history of the context says that the other way round rebuilds are shorter.

    Why:
        A step is taken from the cache only while everything above it is unchanged. What changes rarely and
        takes long belongs to the top, what changes often to the bottom, and how often it does is known: the
        last 200 commits tell.

    How it is fixed:
        Of all orders of the stage's instructions that keep what has to stay before what, the one with the
        least expected rebuild time is worked out, exactly (where there are too many, by how often and how
        long neighbours run), and the fewest instructions that lead to it move, with their comments. A COPY of
        several sources is divided where a RUN reads only some of them. It waits for a real build.

    When not:
        Everything stays in order that may need each other: a RUN and the files it may read or write, two RUNs
        unless what both do is known, what sets a variable, USER, WORKDIR or SHELL and what is run with it. A
        RUN of which any command is not known holds everything above and below it in place. Without a git
        history of ten commits nothing is found, nor where less than 2 % and 0.2 s of a rebuild are at stake.

    References:
        https://docs.docker.com/build/cache/optimize/#order-your-layers
    """
    from jettison.replay.touched import may_be_known

    final = project.final_stage if may_be_known(project) else None
    for stage in project.dockerfile.lineage(final) if final is not None else ():
        if not _might_gain(project, stage):
            continue
        from jettison.replay.commands import costliest
        from jettison.rules.cache.deps_after_source import of_stage
        from jettison.rules.dividing import proposal

        found = proposal(project, stage)
        if found is None or any(each.fix is not None for each in of_stage(project, stage)):
            continue
        order = found.better
        step, early = (order.relation.instructions[number] for number in (order.step, order.early))
        words = costliest(project, stage, step).words
        shown = " ".join(word.raw for word in words[:3]) + " …" * (len(words) > 3)
        message = (
            f"`{shown}` of line {step.start_line} does not need {found.what}, and runs again when it "
            f"changes: in {order.times} of the last {order.commits} commits"
        )
        saving = Saving(seconds=round(order.saved, 1), basis=Basis.MODELLED)
        yield Finding(early.span, message, saving, Fix(found.title, found.edits, Safety.PROVEN))


def _might_gain(project: Project, stage: Stage) -> bool:
    """True when a RUN that takes a while, and may be known, stands below what it may not need: as far as can
    be told without the context."""
    if project.dockerfile.escape != "\\" or len(stage.instructions) > _MOST:
        return False
    above = 0
    for each in stage.instructions:
        if each.keyword in ("COPY", "ADD"):
            above += 1 if above else len(each.sources)
        elif each.keyword == "RUN" and above and _is_candidate(project, stage, each, above):
            return True
    return False


def _is_candidate(project: Project, stage: Stage, run: Instruction, above: int) -> bool:
    """False for a RUN with a command that may do anything by its name, and for one that surely needs the one
    source above it."""
    from jettison.replay.commands import by_table

    script = project.script(run)
    names = {name for row in load("effects")["commands"].values() for name in row}
    if not script.ok or by_table(project, stage, run)[0] < load("costs")["order"]["least_run"]:
        return False
    found = [(command, needs(command)) for command in script.commands if command.words]
    if any(not need.manager and command.name not in names for command, need in found):
        return False
    return above > 1 or bool(run.mounts) or not any(need.kind == "manifests" for _, need in found)
