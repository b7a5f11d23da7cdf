"""A package manager downloads or compiles everything again whenever its step is not cached."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import PurePosixPath
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import add_flag
from jettison.facts import load
from jettison.facts.bases import Reference, base_facts
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.frontend import too_old
from jettison.rules.mountreaders import callers, needs_it_below, offline, reader
from jettison.shell import Script
from jettison.shell.packages import Action, PackageManager, action
from jettison.spans import Edit, Span
from jettison.stages.start import started

_USES = frozenset(("install", "upgrade", "download", "build", "run", "other"))
_FETCHES = frozenset(("install", "upgrade", "download", "build", "run"))


@rule("JT202", order=25)
def missing_cache_mount(project: Project) -> Iterator[Finding]:
    """A package manager downloads or compiles everything again whenever its step is not cached.

    What:
        A RUN with pip, npm, yarn, pnpm, go, maven, gradle and others without `--mount=type=cache`.

    Why:
        When one dependency or one source file changes, the step runs again from nothing. A cache mount keeps
        the manager's own cache between builds, outside the image: only what changed is fetched or compiled.

    How it is fixed:
        `--mount=type=cache,target=…` with the cache folder of that manager, for the HOME, user and
        environment in force. An option that turns the cache off, such as pip's --no-cache-dir, goes: under a
        mount it only defeats it. What a later step reads (Go modules, the Maven repository) is mounted in
        every RUN of the stage, also in one that calls make or a script.

    When not:
        Cache mounts are empty on a fresh CI machine; there a registry cache helps. It is refused for users
        other than root, when the cache is turned off by ENV, when a clean-up in the same RUN would empty the
        mount, when a later step or another stage takes something out of the cache, and when a later step
        works offline (`--network=none`, `cargo --offline`, `mvn -o`): it would fail on a builder that has the
        earlier step from a registry cache and whose mount is empty.

    References:
        https://docs.docker.com/build/cache/optimize/#use-cache-mounts
    """
    if too_old(project, 2):
        return
    reached = (
        {s.index for s in project.dockerfile.lineage(project.final_stage)} if project.final_stage else set()
    )
    for stage in project.dockerfile.stages:
        if stage.index in reached:
            yield from _stage(project, stage)


class _Use(NamedTuple):
    """One RUN and what it does with one package manager."""

    run: Instruction
    script: Script
    actions: tuple[Action, ...]


def _stage(project: Project, stage: Stage) -> Iterator[Finding]:
    uses: dict[str, list[_Use]] = {}
    managers: dict[str, PackageManager] = {}
    for run, script in project.runs(stage):
        done = [found for command in script.commands if (found := action(command)) is not None]
        for name in dict.fromkeys(found.manager.name for found in done):
            chosen = tuple(found for found in done if found.manager.name == name)
            if name in load("costs")["cache_mount_seconds"] and any(f.verb in _USES for f in chosen):
                managers[name] = chosen[0].manager
                uses.setdefault(name, []).append(_Use(run, script, chosen))
    for name, using in uses.items():
        groups = [using] if managers[name].later else [[use] for use in using]
        for group in groups:
            if any(a.verb in _FETCHES for use in group for a in use.actions):
                yield from _judge(project, stage, managers[name], group)


def _judge(project: Project, stage: Stage, manager: PackageManager, group: list[_Use]) -> Iterator[Finding]:
    edits: list[Edit] = []
    refused: str | None = None
    targets: dict[str, None] = {}
    missing: _Use | None = None
    if manager.later:
        group = _with_callers(project, stage, group)
    for use in group:
        scope = project.scope(use.run)
        home = scope.variables.get("HOME", "/root")
        wanted = manager.cache_targets(home, scope.variables)
        absent = [target for target in wanted if not _mounted(use.run, target)]
        if not absent:
            continue
        missing = missing or (use if use.actions else None)
        targets.update(dict.fromkeys(absent))
        refused = refused or _obstacle(project, stage, manager, use)
        sharing = ",sharing=locked" if manager.sharing == "locked" else ""
        edits += [add_flag(use.run, f"--mount=type=cache,target={target}{sharing}") for target in absent]
        for each in use.actions:
            removed = _without_no_cache(project, each)
            if isinstance(removed, str):
                refused = refused or removed
            else:
                edits += removed
    if missing is None:
        return
    refused = refused or reader(project, stage, missing.run, tuple(targets))
    shipped = stage in project.shipped
    kept = shipped and all(a.keeps_cache() for use in group for a in use.actions)
    costs = load("costs")
    saving = Saving(
        bytes=costs["cache_mb"].get(manager.name, 0) * 1_000_000 if kept else 0,
        seconds=costs["cache_mount_seconds"][manager.name],
    )
    message = f"{manager.name} starts from nothing whenever this step runs again, for want of a cache mount"
    fix = None
    if refused is None:
        known = base_facts(Reference.parse(project.base_of(stage)).repository) is not None
        safety = Safety.SAFE if known and not (manager.later and shipped) else Safety.PROVEN
        title = f"Keep {manager.name}'s cache between builds in a cache mount, outside the image"
        fix = Fix(title, tuple(edits), safety, allows=_allowance(targets))
    about = f"{manager.name}'s cache of line {missing.run.start_line}"
    yield Finding(_place(missing, manager), message, saving, fix, refused, about=about)


def _with_callers(project: Project, stage: Stage, group: list[_Use]) -> list[_Use]:
    """Also the RUNs that may call the manager through another program: there the mount does no harm."""
    known = {use.run.span.start for use in group}
    more = [
        _Use(run, project.script(run), ())
        for run in callers(project, stage, group[0].run)
        if run.span.start not in known
    ]
    return sorted((*group, *more), key=lambda use: use.run.span.start)


def _place(use: _Use, manager: PackageManager) -> Span:
    return next(a.command.span for a in use.actions if a.verb in _USES)


def _allowance(targets: dict[str, None]) -> Allowance:
    """The cache itself goes; the folders that lead to its mount point appear."""
    inside = tuple(f"{target}/*" for target in targets)
    leading = tuple(
        dict.fromkeys(
            str(p) for target in targets for p in (PurePosixPath(target), *PurePosixPath(target).parents[:-1])
        )
    )
    return Allowance(vanish=inside, appear=leading, change=leading)


def _mounted(run: Instruction, target: str) -> bool:
    """True when a cache mount holds the folder, or when its author has chosen to mount only a part of it."""
    for mount in run.mounts:
        place = mount.options.get("target", "").rstrip("/")
        inside = target.startswith(place + "/") or place.startswith(target + "/")
        if mount.type == "cache" and (target == place or inside):
            return True
    return False


def _obstacle(project: Project, stage: Stage, manager: PackageManager, use: _Use) -> str | None:
    """Why a mount would not be right in this RUN; None when it would."""
    scope = project.scope(use.run)
    line = use.run.start_line
    if use.script.form == "json":
        return f"the RUN of line {line} is in JSON form"
    if scope.user not in (None, "root", "0", "0:0", "root:root"):
        return f"the RUN of line {line} runs as {scope.user}, whose uid the mount would have to name"
    if any(a.command.wrappers and {"sudo", "su"} & set(a.command.wrappers) for a in use.actions):
        return f"the RUN of line {line} changes the user"
    if any(a.verb == "clean" for a in use.actions):
        return f"the RUN of line {line} empties the cache itself"
    swept = [w.text or w.raw for c in use.script.named("rm") for w in c.operands]
    if any(".cache" in word or "/.npm" in word or "/go/pkg" in word or ".m2" in word for word in swept):
        return f"the RUN of line {line} deletes the cache itself"
    if not all(a.keeps_cache(scope.variables) for a in use.actions) and all(
        set(a.flags).isdisjoint(manager.no_cache) for a in use.actions
    ):
        return f"the environment turns {manager.name}'s cache off"
    if manager.later:
        return offline(use.run, use.script, manager, scope.variables) or _read_later(project, stage, manager)
    return None


def _read_later(project: Project, stage: Stage, manager: PackageManager) -> str | None:
    """Why a cache that later steps read may be needed where no mount is; None when it is not."""
    for run, script in project.runs(stage):
        if not script.ok:
            return f"the RUN of line {run.start_line} is not understood and may need {manager.name}'s cache"
    if needed := needs_it_below(project, stage, manager):
        return needed
    start = started(stage)
    if stage in project.shipped and not isinstance(start, str) and start.argv[0] == manager.name:
        return f"the container itself runs {manager.name}, which needs its cache in the image"
    return None


def _without_no_cache(project: Project, done: Action) -> list[Edit] | str:
    """Edits that take away the options that turn the cache off; a reason when one cannot be taken out
    cleanly."""
    edits: list[Edit] = []
    for option in done.options:
        if option.name not in done.manager.no_cache:
            continue
        words = done.command.words
        before = words[words.index(option.word) - 1]
        gap = project.dockerfile.source[before.span.end : option.word.span.start]
        if gap.strip(b" \t") or option.word.raw not in (option.name, f"{option.name}=true"):
            return f"{option.name} cannot be taken out cleanly"
        edits.append(Edit(Span(before.span.end, option.word.span.end), b""))
    return edits
