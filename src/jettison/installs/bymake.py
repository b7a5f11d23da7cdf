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
    """The first command of a RUN that calls make, as a build by go, in an image of Go."""
    made = script.named("make") if script.ok else ()
    go = find_manager("go")
    if not made or go is None or not Reference.parse(project.base_of(stage)).repository.endswith("golang"):
        return
    if any((done := action(command)) is not None and done.manager is go for command in script.commands):
        return
    if _CALLS_GO.search(project.context.read("Makefile")):
        yield Action(go, "build", "", (), (), (), made[0].words[0], made[0].words[:1], made[0])
