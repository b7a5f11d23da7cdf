"""What stands against a cache mount in a RUN, wherever its folders are."""

from __future__ import annotations

from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.project import Project
from jettison.rules.leftovers import yarn_1
from jettison.rules.lists import readers
from jettison.rules.mountreaders import needs_it_below, offline, offline_below
from jettison.shell import Script
from jettison.shell.packages import Action, PackageManager

_OTHER_USERS = frozenset(("sudo", "su", "doas", "gosu", "su-exec", "setpriv", "runuser"))


class Use(NamedTuple):
    """One RUN and what it does with one package manager."""

    run: Instruction
    script: Script
    actions: tuple[Action, ...]


def obstacle(project: Project, stage: Stage, manager: PackageManager, use: Use) -> str | None:
    """Why a mount would not be right in this RUN; None when it would."""
    scope = project.scope(use.run)
    line = use.run.start_line
    if use.script.form == "json":
        return f"the RUN of line {line} is in JSON form"
    if any(_OTHER_USERS & set(a.command.wrappers) for a in use.actions):
        return f"the RUN of line {line} changes the user"
    if not all(a.keeps_cache(scope.variables) for a in use.actions) and all(
        set(a.flags).isdisjoint(manager.no_cache) for a in use.actions
    ):
        return f"the environment turns {manager.name}'s cache off"
    if manager.name == "yarn" and not yarn_1(project):
        return "yarn 2 and later may run the program out of their cache"
    if manager.updates:
        return _lists(project, manager, use)
    if manager.later:
        return offline(use.run, use.script, manager, scope.variables) or _read_later(project, stage, manager)
    return offline_below(project, stage, manager)


def _lists(project: Project, manager: PackageManager, use: Use) -> str | None:
    """Why the lists have to stay in the image; None when they need not."""
    if any(a.command.name not in (manager.name, *manager.keep_as) for a in use.actions):
        return f"{use.actions[0].command.name} has cache folders of its own"
    found = readers(project, use.run, manager)
    if found:
        return f"line {found[0].start_line} installs from these lists without an update of its own"
    return None


def _read_later(project: Project, stage: Stage, manager: PackageManager) -> str | None:
    """Why a cache that later steps read may be needed where no mount is; None when it is not."""
    for run, script in project.runs(stage):
        if not script.ok:
            return f"the RUN of line {run.start_line} is not understood and may need {manager.name}'s cache"
    if needed := needs_it_below(project, stage, manager):
        return needed
    called = load("leftovers")["called"].get(manager.name, [manager.name])
    for each in stage.instructions if stage in project.shipped else ():
        if each.keyword in ("CMD", "ENTRYPOINT") and any(
            word in project.dockerfile.text(each.span) for word in called
        ):
            return f"the container itself runs {manager.name}, which needs its cache in the image"
    return None
