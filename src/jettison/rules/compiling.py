"""Whether anything is compiled at all: a lock file of npm says which packages have an install script."""

from __future__ import annotations

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.project import Project
from jettison.shell import Script
from jettison.shell.packages import action


def obstacle(project: Project, stage: Stage, run: Instruction, script: Script) -> str:
    """Why a RUN that installs compilers cannot simply go; "" when nothing is compiled."""
    done = [found for command in script.commands if (found := action(command)) is not None]
    facts = load("build-tools")
    known = {*facts["tools"]["apt-get"], *facts["tools"]["apk"], *facts["helpers"]}
    for each in done:
        other = [p for p in each.packages if p.partition("=")[0] not in known]
        if each.verb == "install" and other:
            return f"the same command installs {other[0]}, which the program may need"
    if any(action(c) is None and c.name not in ("rm", "set", "true") for c in script.commands):
        return "the same RUN does other things"
    if run.mounts or any(c.context for c in script.commands):
        return "the RUN is more than a chain of commands"
    return _compiles(project, stage, run)


def _compiles(project: Project, stage: Stage, run: Instruction) -> str:
    """What may need a compiler, as far as the other RUNs of the stage say; "" when nothing does."""
    import json

    npm = False
    for other, script in project.runs(stage):
        if other is run:
            continue
        if not script.ok:
            return f"the RUN of line {other.start_line} is not understood, and may compile"
        for command in script.commands:
            done = action(command)
            if done is None and command.name not in ("rm", "mkdir", "chown", "chmod", "echo", "true", "ls"):
                return f"{command.name} in line {other.start_line} may need them"
            if done is None or done.manager.family in ("apt", "apk") or done.verb == "clean":
                continue
            if done.manager.name != "npm" or done.packages or done.verb != "install":
                return f"what {done.manager.name} in line {other.start_line} compiles is not known"
            npm = True
    if not npm:
        return "what needs them is not known"
    try:
        lock = json.loads(project.context.read("package-lock.json"))
        packages = [row for key, row in lock["packages"].items() if key]
    except (ValueError, KeyError, TypeError, AttributeError):
        return "there is no package-lock.json at the root that says what is compiled"
    if any(row.get("hasInstallScript") or row.get("gypfile") for row in packages):
        return "a package of package-lock.json has an install script, which may compile"
    return ""
