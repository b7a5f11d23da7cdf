"""A cache mount is there, and the same RUN makes it worthless."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction
from jettison.facts import load
from jettison.findings import Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Script


@rule("JT204", order=26)
def cache_mount_defeated(project: Project) -> Iterator[Finding]:
    """A cache mount is there, and the same RUN makes it worthless.

    What:
        Under a `--mount=type=cache` for a package manager, an option that turns its cache off
        (`pip --no-cache-dir`, `apk --no-cache`), or a clean-up that empties the mount (`rm -rf` of it,
        `npm cache clean`, `apt-get clean`).

    Why:
        The mount is empty at every build, so the step downloads everything again. What lies in a mount is not
        in the image, so there is nothing to be gained by emptying it.

    How it is fixed:
        The option is taken out, the clean-up is removed where it stands for itself in the chain. Neither
        changes what the image has: safe.

    When not:
        An environment variable that turns the cache off is told, but not edited: it holds for other RUNs too.
        A clean-up that also removes what lies outside the mount stays.

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


def _options(project: Project, run: Instruction, script: Script, targets: list[str]) -> Iterator[Finding]:
    from jettison.shell.packages import action
    from jettison.shell.render import Refusal, remove_option

    scope = project.scope(run)
    for command in script.commands:
        done = action(command)
        if done is None:
            continue
        home = scope.variables.get("HOME", "/root")
        own = done.manager.cache_targets(home, scope.variables)
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
    from jettison.shell.packages import action
    from jettison.shell.remove import remove_command
    from jettison.shell.render import Refusal

    scope = project.scope(run)
    for command in script.top:
        done = action(command)
        if done is not None and done.verb == "clean":
            places = done.manager.cache_targets(scope.variables.get("HOME", "/root"), scope.variables)
        elif command.name == "rm" and command.operands:
            home = scope.variables.get("HOME", "/root")
            places = tuple((w.text or w.raw).replace("~", home, 1).rstrip("/*") for w in command.operands)
            if not all(any(p == t or p.startswith(t + "/") for t in targets) for p in places):
                continue
        else:
            continue
        if not any(place == t or place.startswith(t + "/") for place in places for t in targets):
            continue
        message = f"{command.name} empties the cache that this RUN mounts, and nothing of the image"
        made = remove_command(script, command)
        if isinstance(made, Refusal):
            yield Finding(command.span, message, Saving(seconds=5), refused=made.reason)
        else:
            safety = Safety.SAFE if command.name == "rm" else Safety.PROVEN
            yield Finding(
                command.span, message, Saving(seconds=5), Fix("Keep the cache", tuple(made), safety)
            )
