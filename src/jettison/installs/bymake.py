"""What a RUN does with Go through `make`, as far as a cache mount needs to know."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.dockerfile import Stage
from jettison.facts.bases import Reference
from jettison.project import Project
from jettison.shell import Script
from jettison.shell.packages import Action, action, find_manager

_CALLS_GO = re.compile(
    rb"^\t.*?\bgo +(?:build|install|test|generate)\b|^[ \t]*GO\w*\s*[:?]?=\s*go\b", re.MULTILINE
)
"""A line of a recipe that calls go, or a variable that stands for it. Which target calls it does not matter:
the mounts do no harm where go is not called."""


def by_make(project: Project, stage: Stage, script: Script) -> Iterator[Action]:
    """The first command of a RUN that calls make, as a build by go: where the image is one of Go, or the
    stage calls go elsewhere."""
    made = script.named("make") if script.ok else ()
    go = find_manager("go")
    if made and go is not None and _has_go(project, stage) and _CALLS_GO.search(_makefile(project)):
        yield Action(go, "build", "", (), (), (), made[0].words[0], made[0].words[:1], made[0])


def _has_go(project: Project, stage: Stage) -> bool:
    if Reference.parse(project.base_of(stage)).repository.endswith("golang"):
        return True
    done = (action(command) for _, script in project.runs(stage) for command in script.commands)
    return any(found is not None and found.manager.name == "go" for found in done)


def _makefile(project: Project) -> bytes:
    return project.context.read("Makefile")
