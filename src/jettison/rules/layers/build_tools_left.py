"""Compilers stay in the image after what they built."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import delete
from jettison.facts import load
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Script
from jettison.shell.packages import Action, action

_SYSTEM = ("/bin/*", "/etc/*", "/lib/*", "/lib64", "/lib64/*", "/sbin/*", "/usr/*", "/var/*")


@rule("JT108", order=23)
def build_tools_left(project: Project) -> Iterator[Finding]:
    """Compilers stay in the image after what they built.

    What:
        A stage whose layers ship installs gcc, make, build-essential or headers.

    Why:
        About 230 MB (measured on bookworm-slim), and a compiler for whoever gets into the container.

    How it is fixed:
        Where a Node project's package-lock.json says that no package it installs has an install script,
        nothing is compiled, and the RUN that installs only such tools is dropped. Applied once a real build
        agrees. In all other cases a builder stage is the place for them, which `single-stage-build` writes
        for the languages that it knows.

    When not:
        In builder stages, and where the packages are removed in the same RUN (`apk add --virtual`,
        `apt-get purge`).

    References:
        https://docs.docker.com/build/building/multi-stage/
        https://docs.npmjs.com/cli/v10/configuring-npm/package-lock-json (hasInstallScript)
    """
    facts = load("build-tools")
    if not any(name.encode() in project.dockerfile.source for name in facts["compilers"]):
        return
    for stage in project.shipped:
        for run, script in project.runs(stage):
            done = [found for c in script.commands if (found := action(c)) is not None] if script.ok else []
            tools = _tools(done, facts["compilers"])
            if tools and not any(each.verb == "remove" for each in done):
                yield _judge(project, stage, run, script, done, tools)


def _tools(done: Sequence[Action], compilers: Sequence[str]) -> list[str]:
    installs = [a for a in done if a.verb == "install" and a.manager.family in ("apt", "apk")]
    if any(("-t" in a.flags and a.manager.family == "apk") or "--virtual" in a.flags for a in installs):
        return []
    return [p for a in installs for p in a.packages if p.partition("=")[0] in compilers]


def _judge(
    project: Project, stage: Stage, run: Instruction, script: Script, done: list[Action], tools: list[str]
) -> Finding:
    facts = load("build-tools")
    message = f"{', '.join(tools[:3])} stay in the image, which only a build needs"
    saving = Saving(bytes=facts["megabytes"] * 1_000_000)
    why = _obstacle(project, stage, run, script, done)
    if why:
        return Finding(run.span, message, saving, refused=f"{why}; a builder stage is the place for them")
    state = ("/etc/*", "/var/*", "/usr/share/*", "/usr/lib/*")
    fix = Fix(
        "Install no compilers, as no package is compiled",
        (delete(run),),
        Safety.PROVEN,
        allows=Allowance(vanish=_SYSTEM, change=state),
    )
    return Finding(run.span, message, saving, fix)


def _obstacle(project: Project, stage: Stage, run: Instruction, script: Script, done: list[Action]) -> str:
    """Why the RUN cannot simply go; "" when it can."""
    facts = load("build-tools")
    known = {*facts["compilers"], *facts["helpers"]}
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
