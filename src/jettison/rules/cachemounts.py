"""Where a cache mount of a package manager goes in a RUN, whom it belongs to, and what would empty it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from itertools import pairwise
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts.bases import Reference
from jettison.findings import Allowance
from jettison.project import Project
from jettison.rules.accounts import Account, account
from jettison.shell import Command, Script
from jettison.shell.packages import Action, PackageManager, action
from jettison.shell.remove import remove_command
from jettison.shell.render import Refusal, add_option, remove_words
from jettison.spans import Edit

FETCHES = frozenset(("install", "upgrade", "download", "build", "run"))
"""What a package manager may be told to do that fetches or compiles."""
_NOWHERE = "/\0"
_PLAIN = re.compile(r"/[\w./@+-]*")
NOT_THE_CACHE = frozenset(("mvn", "gradle", "cargo", "dotnet", "mix", "bundle", "gem"))
"""Managers whose `clean` empties what they made, not what they fetched."""


class Place(NamedTuple):
    """The folders of a manager's cache, and the user who writes there."""

    targets: tuple[str, ...]
    user: Account
    apart: str = ""
    """What tells this cache from one of the same path in images of another kind; "" for what is the same
    everywhere."""

    def flag(self, manager: PackageManager, target: str) -> str:
        """The flag of RUN that mounts one of them."""
        sharing = ",sharing=locked" if manager.sharing == "locked" else ""
        owner = "" if self.user.is_root else f",uid={self.user.uid}"
        if owner and self.user.gid is not None:
            owner += f",gid={self.user.gid}"
        id = f"id={self.apart}:{target}," if self.apart else ""
        return f"--mount=type=cache,{id}target={target}{sharing}{owner}"

    def allows(self, manager: PackageManager) -> Allowance:
        """The cache itself goes. Folders that lead to a mount point may appear for root only: owned by root,
        they would keep another user out.
        """
        inside = tuple(f"{target}/*" for target in self.targets)
        if manager.updates:
            # What every image of Debian has, and a clean-up that is no longer needed took away.
            made = tuple(
                f"{target}/{name}" for target in self.targets for name in ("lock", "partial", "auxfiles")
            )
            return Allowance(vanish=inside, appear=made, change=(*self.targets, *made))
        above = [str(p) for target in self.targets for p in _parents(target)]
        if not self.user.is_root:
            home = self.user.home.rstrip("/")
            below = tuple(p for p in above if home and p.startswith(home + "/"))
            return Allowance(vanish=tuple(dict.fromkeys((*self.targets, *inside, *below))))
        leading = tuple(dict.fromkeys((*self.targets, *above)))
        return Allowance(vanish=inside, appear=leading, change=leading)


def place(project: Project, run: Instruction, manager: PackageManager) -> Place | str:
    """Where the cache of a manager is for the user of a RUN; a clause that says why that is not known."""
    line = run.start_line
    user = account(project, run)
    variables = project.scope(run).variables
    if isinstance(user, str):
        targets = manager.cache_targets(_NOWHERE, variables)
        return f"for the RUN of line {line}, {user}: a mount would not belong to it" if targets else ""
    stated = variables.get("HOME", "")
    home = stated or user.home or _NOWHERE
    if manager.passwd_home:
        home = user.home or _NOWHERE
    targets = manager.cache_targets(home, variables, user.is_root)
    if any(_NOWHERE in target for target in targets):
        return f"the home of user {user.name}, for the RUN of line {line}, is not known"
    if not all(_PLAIN.fullmatch(target) for target in targets):
        return f"the environment of line {line} puts the cache at no plain path"
    return Place(targets, user, _apart(project, run, manager))


def _apart(project: Project, run: Instruction, manager: PackageManager) -> str:
    """Without an id all builds of a builder share the cache of one path: what pip compiled for musl has the
    name of what it would compile for glibc, and Ubuntu's packages may have the names of Debian's.
    """
    stage = project.dockerfile.stage_of(run)
    reference = Reference.parse(project.base_of(stage)) if stage is not None else None
    if reference is not None and manager.compiled and reference.musl:
        return "musl"
    return "ubuntu" if reference is not None and manager.updates and reference.repository == "ubuntu" else ""


def elsewhere(project: Project, stage: Stage, run: Instruction, manager: PackageManager) -> str | None:
    """Why the cache may be at another place than `place` says; None when it is not."""
    repository = Reference.parse(project.base_of(stage)).repository
    variables = project.scope(run).variables
    if manager.known_in and repository not in manager.known_in and not manager.variables() & set(variables):
        return f"where {manager.name} keeps its downloads in {repository or 'this image'} is not known"
    for each, script in project.runs(stage):
        if each.span.start > run.span.start:
            break
        for command in script.commands:
            if (word := _moves(command, manager, each is run)) is not None:
                return f"`{word}` of line {each.start_line} puts {manager.name}'s cache elsewhere"
    for name, value in variables.items():
        if any(_says(word, manager) for word in (f"{name}={value}", *value.split())):
            return f"{name} puts {manager.name}'s cache elsewhere"
    return _settings(project, manager)


def cleanups(
    project: Project, run: Instruction, script: Script, manager: PackageManager, where: Place
) -> list[Edit] | str:
    """Edits that take out what would empty the mounts in a RUN, or fail on a mount point; a reason where one
    cannot be taken out.
    """
    found: list[Edit] = []
    for command in script.commands:
        gone = _emptying(project, run, command, manager, where)
        if isinstance(gone, str):
            return f"{gone} in line {run.start_line}"
        if gone is None:
            continue
        whole = gone == () or len(gone) == len(command.operands)
        made = remove_command(script, command) if whole else remove_words(script, command, gone)
        if isinstance(made, Refusal):
            return f"the clean-up of line {run.start_line} stays: {made.reason}"
        found += made
    ordered = sorted(found, key=lambda edit: edit.span)
    if any(a.span.end > b.span.start for a, b in pairwise(ordered)):
        return f"two clean-ups stand side by side in line {run.start_line}"
    return found


def keeping(script: Script, done: Action) -> list[Edit] | str:
    """Edits that make an install keep what it fetched; a reason when that cannot be said."""
    manager, command = done.manager, done.command
    if not manager.keep or done.verb not in FETCHES:
        return []
    wanted = [(manager.keep, done.word)]
    if command.name in manager.keep_as:
        wanted.append((manager.keep_as[command.name], done.called[-1]))
    edits: list[Edit] = []
    for option, after in wanted:
        made = add_option(script, command, option, after)
        if isinstance(made, Refusal):
            return made.reason
        edits += made
    return edits


def swept(project: Project, run: Instruction, command: Command, home: str) -> Iterator[tuple[int, str, bool]]:
    """What an `rm` or `find -delete` removes: index of the operand, path, and whether it is only the
    beginning of what the shell would know.
    """
    if command.name != "rm" and not (command.name == "find" and command.has_option("-delete", "-exec")):
        return
    for index, word in enumerate(command.operands):
        text = word.text if word.text is not None else word.raw.replace('"', "")
        for name in ("~/", "$HOME/", "${HOME}/"):
            if text.startswith(name):
                text = home.rstrip("/") + "/" + text.removeprefix(name)
        if not text.startswith("/"):
            if not text or text[0] in "$~`-":
                continue
            text = posixpath.join(project.scope(run).workdir, text)
        known = re.split(r"[*?\[{$`]", text.removesuffix("*"), maxsplit=1)
        yield index, posixpath.normpath(known[0]) if len(known) == 1 else known[0], len(known) > 1


def _emptying(
    project: Project, run: Instruction, command: Command, manager: PackageManager, where: Place
) -> tuple[int, ...] | str | None:
    """Which operands of a command remove what is mounted, () for all it does; why it cannot stay; None."""
    done = action(command)
    if done is not None and done.manager is manager and done.verb == "clean":
        if done.cleans_up:
            return ()
        harmless = manager.name in NOT_THE_CACHE or manager.keep
        return None if harmless else f"`{manager.name} {done.subcommand}` empties the cache itself"
    inside = []
    for index, path, beginning in swept(project, run, command, where.user.home or "/root"):
        for target in where.targets:
            if target.startswith(path if beginning else path.rstrip("/") + "/"):
                return f"`{command.name} {command.operands[index].raw}` would fail on the mount"
            if path == target or path.startswith(target + "/"):
                inside.append(index)
    if inside and command.name != "rm":
        return f"`{command.name}` deletes the cache itself"
    return tuple(dict.fromkeys(inside)) or None


def _moves(command: Command, manager: PackageManager, here: bool) -> str | None:
    """The word of a command that puts the cache elsewhere; None when there is none."""
    done = action(command)
    own = done is not None and done.manager is manager
    words = [word.text if word.text is not None else word.raw for word in command.words[1:]]
    if own and here and (found := next((word for word in words if _says(word, manager)), None)):
        return found
    if own and words[:1] and words[0] in ("config", "c", "set"):
        return next((word for word in words if word.partition("=")[0].split(".")[-1] in manager.config), None)
    set_here = [word.text or word.raw for word in command.assignments]
    set_here += words if command.name == "export" else []
    if here:
        for word in set_here:
            if word.partition("=")[0] in manager.variables() or _says(word, manager):
                return word
    return None


def _says(word: str, manager: PackageManager) -> bool:
    for moved in manager.moved:
        if word == moved or word.startswith(moved if moved[-1] in ":=" else moved + "="):
            return True
    return False


def _settings(project: Project, manager: PackageManager) -> str | None:
    if not manager.settings or not manager.config:
        return None
    for file in project.context.files:
        path = file.path.lower()
        if not any(path == name or path.endswith("/" + name) for name in manager.settings):
            continue
        for line in project.context.read(file.path, 100_000).decode(errors="replace").splitlines():
            if any(re.match(rf"\W*{re.escape(word)}\b\W", line.strip() + " ") for word in manager.config):
                return f"{file.path} may put {manager.name}'s cache elsewhere"
    return None


def _parents(target: str) -> Iterator[str]:
    while (target := posixpath.dirname(target)) != "/":
        yield target
