"""A cache mount is there, and the same RUN makes it worthless."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.facts.bases import Reference, base_facts
from jettison.findings import Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Command, Script

if TYPE_CHECKING:
    from jettison.shell.packages import PackageManager

_ARCHIVES = "/var/cache/apt/archives"


@rule("JT204", order=26)
def cache_mount_defeated(project: Project) -> Iterator[Finding]:
    """A cache mount is there, and the same RUN makes it worthless.

    What:
        Under a `--mount=type=cache` for a package manager, an option that turns its cache off
        (`pip --no-cache-dir`, `apk --no-cache`), or a clean-up that empties the mount (`rm -rf` of it,
        `npm cache clean`, `apt-get clean`). Under a mount for apt's packages also the hook that the images of
        Debian and Ubuntu bring, /etc/apt/apt.conf.d/docker-clean: it deletes them after each install.

    Why:
        The mount is empty at every build, so the step downloads everything again. What lies in a mount is not
        in the image, so there is nothing to be gained by emptying it.

    How it is fixed:
        The option is taken out, the clean-up is removed where it stands for itself in the chain, or only the
        words of it that are mounted. Neither changes what the image has: safe. The hook is left as it is, and
        apt told to use a folder in the mount that the hook does not touch.

    When not:
        An environment variable that turns the cache off is told, but not edited: it holds for other RUNs too.
        `mvn clean` and the like empty what was made, not what was fetched.

    References:
        https://docs.docker.com/build/cache/optimize/#use-cache-mounts
    """
    if b"type=cache" not in project.dockerfile.source:
        return
    for stage in project.dockerfile.stages:
        for run, script in project.runs(stage):
            mounts = [m.options for m in run.mounts if m.type == "cache" and m.options.get("target")]
            targets = [options["target"].rstrip("/") for options in mounts]
            if targets and script.ok:
                yield from _options(project, run, script, targets)
                yield from _cleanups(project, run, script, targets)
                yield from _hook(project, stage, script, targets)


def _options(project: Project, run: Instruction, script: Script, targets: list[str]) -> Iterator[Finding]:
    from jettison.rules.cachemounts import place
    from jettison.shell.packages import action
    from jettison.shell.render import Refusal, remove_option

    scope = project.scope(run)
    for command in script.commands:
        done = action(command)
        if done is None:
            continue
        where = place(project, run, done.manager)
        own = () if isinstance(where, str) else where.targets
        if not any(place == target or place.startswith(target + "/") for place in own for target in targets):
            continue
        given = [name for name in done.manager.no_cache if name in done.flags]
        saving = Saving(seconds=load("costs")["cache_mount_seconds"].get(done.manager.name, 5))
        if given:
            message = f"{given[0]} turns off the cache that this RUN mounts"
            made = remove_option(script, command, *given)
            if isinstance(made, Refusal):
                yield Finding(command.span, message, saving, refused=made.reason)
            else:
                fix = Fix(f"Let {done.manager.name} use its mount", tuple(made), Safety.SAFE)
                yield Finding(command.span, message, saving, fix)
        elif done.verb == "install" and not done.keeps_cache(scope.variables):
            yield Finding(
                command.span,
                f"the environment turns off the cache of {done.manager.name} that this RUN mounts",
                saving,
                refused="the variable holds for other RUNs too: take it out where no RUN is without a mount",
            )


def _cleanups(project: Project, run: Instruction, script: Script, targets: list[str]) -> Iterator[Finding]:
    from jettison.shell.remove import remove_command
    from jettison.shell.render import Refusal, remove_words

    for command in script.top:
        gone = _mounted_operands(project, run, command, targets)
        if not gone and not _empties(project, run, script, command, targets):
            continue
        message = f"{command.name} empties the cache that this RUN mounts, and nothing of the image"
        part = gone and len(gone) < len(command.operands)
        made = remove_words(script, command, gone) if part else remove_command(script, command)
        if isinstance(made, Refusal):
            yield Finding(command.span, message, Saving(seconds=5), refused=made.reason)
        else:
            safety = Safety.SAFE if command.name == "rm" else Safety.PROVEN
            fix = Fix("Keep the cache", tuple(made), safety)
            yield Finding(command.span, message, Saving(seconds=5), fix)


def _mounted_operands(
    project: Project, run: Instruction, command: Command, targets: list[str]
) -> tuple[int, ...]:
    """Which operands of an rm lie in a mount."""
    from jettison.rules.accounts import account
    from jettison.rules.cachemounts import swept

    if command.name != "rm":
        return ()
    user = account(project, run)
    home = project.scope(run).variables.get("HOME") or ("" if isinstance(user, str) else user.home)
    found = swept(project, run, command, home or "/root")
    return tuple(index for index, path, _ in found if _covered(path, targets))


def _empties(
    project: Project, run: Instruction, script: Script, command: Command, targets: list[str]
) -> bool:
    """True for a manager's own clean-up of what is mounted."""
    from jettison.rules.cachemounts import NOT_THE_CACHE, place
    from jettison.shell.packages import action

    done = action(command)
    if done is None or done.verb != "clean":
        return False
    manager = done.manager
    if not done.cleans_up and (manager.name in NOT_THE_CACHE or _kept_apart(script, manager)):
        return False
    where = place(project, run, manager)
    return not isinstance(where, str) and any(_covered(each, targets) for each in where.targets)


def _hook(project: Project, stage: Stage, script: Script, targets: list[str]) -> Iterator[Finding]:
    """The hook of Debian's images, under a mount for apt's packages."""
    from jettison.rules.cachemounts import FETCHES, keeping
    from jettison.shell.packages import action

    reference = Reference.parse(project.base_of(stage))
    done = [found for command in script.commands if (found := action(command)) and found.manager.keep]
    mounted = any(target == "/var/cache/apt" or target == _ARCHIVES for target in targets)
    unknown = base_facts(reference.repository) is None or reference.musl
    if not mounted or unknown or b"docker-clean" in project.dockerfile.source:
        return
    for each in done:
        if each.verb not in FETCHES or _kept_apart(script, each.manager):
            continue
        message = "the image's own hook (docker-clean) empties the cache of packages that this RUN mounts"
        saving = Saving(seconds=load("costs")["cache_mount_seconds"][each.manager.name])
        made = keeping(script, each)
        if isinstance(made, str):
            yield Finding(each.command.span, message, saving, refused=made)
        else:
            fix = Fix("Keep the packages where the hook leaves them", tuple(made), Safety.PROVEN)
            yield Finding(each.command.span, message, saving, fix)


def _kept_apart(script: Script, manager: PackageManager) -> bool:
    """True where the RUN says itself where its packages are kept."""
    return bool(manager.keep) and "Dir::Cache" in script.text.text


def _covered(path: str, targets: list[str]) -> bool:
    return any(path == target or path.startswith(target + "/") for target in targets)
