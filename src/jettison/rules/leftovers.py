"""What a package manager leaves in the layer of a RUN: where it is, how it is removed, whether it is."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import Any, NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Reference, base_facts
from jettison.project import Project
from jettison.rules.copies import from_context
from jettison.shell import Command, Script
from jettison.shell.packages import Action, PackageManager, action
from jettison.stages import covers

_MAKES = ("install", "upgrade", "update", "download", "build")
_READ = 100_000


class Use(NamedTuple):
    """What one RUN does with one package manager: `made` are its actions that leave something behind; `row`
    is the manager's row of leftovers.toml.
    """

    project: Project
    run: Instruction
    script: Script
    manager: PackageManager
    row: dict[str, Any]
    made: tuple[Action, ...]

    @property
    def what(self) -> str:
        """What is left behind, for people."""
        name: str = self.row["what"]
        return name

    @property
    def folders(self) -> tuple[str, ...]:
        """Where it is left: folders without a final `/*`."""
        find = self.manager.cache_targets if self.row.get("mounts") else self.manager.left_behind
        places = find(home(self.project, self.run), self.project.scope(self.run).variables)
        folders = (place.removesuffix("/*") for place in places)
        return tuple(folder for folder in folders if "*" not in folder)


def leaving(project: Project, stage: Stage, run: Instruction, script: Script) -> Iterator[Use]:
    """The uses of package managers in a RUN after which its layer keeps what they left."""
    done = [found for command in script.commands if (found := action(command)) is not None]
    for manager in {each.manager.name: each.manager for each in done}.values():
        row = next((row for row in load("leftovers")["leftover"] if row["manager"] == manager.name), None)
        made = tuple(each for each in done if each.manager is manager and each.verb in _MAKES)
        if row is None or not made:
            continue
        use = Use(project, run, script, manager, row, made)
        use = use._replace(made=_that_leave(use))
        if use.made and _known(stage, use) and not _kept_out(project, use):
            yield use


def used_again(use: Use, until: Instruction | None = None) -> int:
    """The line of a later instruction that may read the cache of a manager that works from it; 0 for none."""
    if not use.manager.later:
        return 0
    project, names = use.project, load("leftovers")["called"].get(use.manager.name, [use.manager.name])
    for stage in project.shipped:
        for each in stage.instructions:
            if each.span.start <= use.run.span.start or (
                until is not None and each.span.start >= until.span.start
            ):
                continue
            if each.keyword == "RUN":
                script = project.script(each)
                done = (action(command) for command in script.commands)
                if not script.ok or any(a is not None and a.manager is use.manager for a in done):
                    return each.start_line
            elif each.keyword in ("CMD", "ENTRYPOINT"):
                text = project.dockerfile.text(each.span)
                if any(name in text for name in names):
                    return each.start_line
    return 0


def emptied(use: Use, script: Script, after: int = 0) -> bool:
    """True when a script, from character `after` on, removes what this use leaves."""
    return any(command.start >= after for command in removals(use, script))


def removals(use: Use, script: Script) -> list[Command]:
    """The commands of a script that remove what this use leaves: `rm`, `find -delete` or the manager
    itself."""
    at_home = home(use.project, use.run)
    found = []
    for command in script.commands:
        done = action(command)
        if done is not None and done.manager is use.manager and done.verb == "clean":
            if use.manager.name != "apt-get" or done.subcommand in ("distclean", "dist-clean"):
                found.append(command)
        elif any(covers(each, folder) for each in removed(command, at_home) for folder in use.folders):
            found.append(command)
    return found


def removed(command: Command, at_home: str) -> list[str]:
    """The paths that an `rm` or `find -delete` removes, a final `/*` taken off."""
    if command.name != "rm" and not (
        command.name == "find" and "-delete" in [word.text for word in command.words]
    ):
        return []
    named = [word.text if word.text is not None else word.raw for word in command.operands]
    return [_folder(path, at_home) for path in named]


def makes(script: Script, manager: PackageManager) -> bool:
    """True when a script uses this manager in a way that leaves something."""
    done = (action(command) for command in script.commands)
    return any(each is not None and each.manager is manager and each.verb in _MAKES for each in done)


def clean_up(use: Use) -> str:
    """The manager's clean-up, by the name it is called here, and through sudo where the install is."""
    used = use.made[-1].command
    if use.row["way"] == "remove":
        return ("sudo " if "sudo" in used.wrappers else "") + f"rm -rf {' '.join(use.folders)}"
    first, _, rest = use.manager.cleanup.partition(" ")
    variants = ("dnf5", "tdnf", "mamba", "micromamba")
    name = used.name if first == use.manager.name and used.name in variants else first
    return ("sudo " if "sudo" in used.wrappers else "") + f"{name} {rest}"


def weight(use: Use) -> int:
    """Bytes that stay behind, by rule of thumb."""
    each: float = use.row.get("each", 0)
    count = sum(_packages(use.project, use.run, done) for done in use.made) if each else 0
    return int((use.row.get("mb", 0) + each * max(1, count)) * 1e6)


def home(project: Project, run: Instruction) -> str:
    """HOME of the user that a RUN runs as, as far as the Dockerfile and the base image's facts say."""
    scope = project.scope(run)
    if scope.variables.get("HOME"):
        return scope.variables["HOME"]
    user = (scope.user or "root").partition(":")[0]
    if user not in ("root", "0"):
        return f"/home/{user}"
    stage = project.dockerfile.stage_of(run)
    facts = base_facts(Reference.parse(project.base_of(stage)).repository) if stage is not None else None
    return facts.home if facts is not None and facts.user == "root" else "/root"


def _known(stage: Stage, use: Use) -> bool:
    """True when it is known where this manager leaves things in this image, by plain paths."""
    bases = use.row.get("bases")
    if bases and Reference.parse(use.project.base_of(stage)).repository not in bases:
        return False
    plain = all(
        folder.replace("/", "").replace("-", "").replace("_", "").replace(".", "").isalnum()
        for folder in use.folders
    )
    return bool(use.folders) and (use.row["way"] != "remove" or plain)


def _that_leave(use: Use) -> tuple[Action, ...]:
    """Those of the actions after which something is there."""
    env = use.project.scope(use.run).variables
    updated = any(each.verb == "update" for each in use.made)
    if use.manager.name == "apt-get":
        piped = any(c.name in ("sh", "bash") and "pipeline" in c.context for c in use.script.commands)
        return use.made if piped or updated else ()
    if use.manager.name == "apk" and updated:
        return use.made
    if use.manager.name == "pip" and env.get("PIP_NO_CACHE_DIR"):
        return ()
    return tuple(each for each in use.made if each.verb != "update" and each.keeps_cache(env))


def _kept_out(project: Project, use: Use) -> bool:
    """True when nothing stays: the folders are mounted or emptied, or it is a yarn whose cache is not for
    us."""
    targets = [m.options.get("target", "") for m in use.run.mounts if m.type in ("cache", "tmpfs")]
    if any(covers(target, folder) for target in targets if target for folder in use.folders):
        return True
    if use.manager.name == "yarn" and not yarn_1(project):
        return True
    return emptied(use, use.script, max(each.command.start for each in use.made))


def _folder(path: str, at_home: str) -> str:
    for name in ("~/", "$HOME/", "${HOME}/"):
        if path.startswith((name, '"' + name)):
            path = path.replace(name, at_home.rstrip("/") + "/")
    return posixpath.normpath(path.replace('"', "").removesuffix("/*").removesuffix("/**") or "/")


def yarn_1(project: Project) -> bool:
    """True when nothing speaks for a later yarn, whose cache may hold what the program runs from."""
    context = project.context
    if context.exists(".yarnrc.yml") or b'"yarn@' in context.read("package.json").replace(b"yarn@1", b""):
        return False
    commands = [c for stage in project.shipped for _, script in project.runs(stage) for c in script.commands]
    switched = [c for c in commands if c.name == "yarn" and "set" in [word.text for word in c.arguments[:1]]]
    return not switched and not any(command.name == "corepack" for command in commands)


def _packages(project: Project, run: Instruction, done: Action) -> int:
    """How many packages an install names, in words and in the files of the context that it reads."""
    count = len(done.packages)
    folder = project.scope(run).workdir
    if done.manager.name in ("npm", "yarn") and not done.packages:
        lock = from_context(project, posixpath.join(folder, "package-lock.json"), run)
        return _locked(project.context.read(lock, 5_000_000)) if lock else 0
    for name in done.files:
        file = from_context(project, posixpath.normpath(posixpath.join(folder, name)), run)
        lines = project.context.read(file, _READ).splitlines() if file else []
        count += sum(1 for line in lines if line.strip() and not line.lstrip().startswith((b"#", b"-")))
    return count


def _locked(content: bytes) -> int:
    import json

    try:
        packages = json.loads(content).get("packages", {})
    except (ValueError, AttributeError, RecursionError):
        return 0
    return len(packages) if isinstance(packages, dict) else 0
