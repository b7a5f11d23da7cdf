"""A package manager downloads or compiles everything again whenever its step is not cached."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import add_flag
from jettison.facts import load
from jettison.facts.bases import Reference, base_facts
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.installs.bymake import by_make
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.cachemounts import FETCHES, Place, cleanups, elsewhere, keeping, place
from jettison.rules.frontend import too_old
from jettison.rules.mountobstacles import Use, obstacle
from jettison.rules.mountreaders import callers, offline_below, reader
from jettison.shell.packages import Action, PackageManager, action
from jettison.spans import Edit, Span

_MODULES = "/pkg/mod"
_USES = frozenset(("install", "upgrade", "download", "build", "run", "other"))


@rule("JT202", order=25)
def missing_cache_mount(project: Project) -> Iterator[Finding]:
    """A package manager downloads or compiles everything again whenever its step is not cached.

    What:
        A RUN with pip, npm, yarn, pnpm, go, maven, gradle and others without `--mount=type=cache`; also one
        with make in an image of Go, where a Makefile of the context builds with go, and one with apt, where a
        COPY or ADD stands before it.

    Why:
        When one dependency or one source file changes, the step runs again from nothing. A cache mount keeps
        the manager's own cache between builds, outside the image: only what changed is fetched or compiled.
        Measured for apt: git and gcc on bookworm are 67 MB of packages and 9 MB of lists at every run, and
        0.2 MB with the mounts.

    How it is fixed:
        `--mount=type=cache,target=…` with the cache folder of that manager, for the HOME, user and
        environment in force. A user other than root gets `uid=` and `gid=`: of a number, of a user made by
        `useradd` or `adduser` with an id, or of one that the base image is known to have. An option that
        turns the cache off, such as pip's --no-cache-dir, goes, and so does a clean-up that would empty the
        mount. What a later step reads (Go modules, the Maven repository) is mounted in every RUN of the
        stage, also in one that calls make or a script; where a RUN of its own fetches Go's modules they stay
        in its layer, which a registry cache brings to a fresh builder, and what is compiled is mounted. apt
        is told to keep its packages in a folder which the hook of Debian's images (docker-clean) does not
        empty; the hook stays. apt's mounts, those of other users and of images that are not known are applied
        once a real build agrees. `id=` keeps apart what would have one name and differ: what pip compiled for
        musl, and Ubuntu's packages.

    When not:
        Cache mounts are empty on a fresh CI machine; there a registry cache helps. It is refused where the
        user's id or home is not known, when the cache is turned off by ENV or put elsewhere by an option, a
        variable or a settings file, when a clean-up in the same RUN cannot be taken out or would fail on the
        mount, when a later step or another stage takes something out of the cache or installs from apt's
        lists, and when a later step works offline (`--network=none`, `cargo --offline`, `mvn -o`): it would
        fail on a builder that has the earlier step from a registry cache and whose mount is empty. apk keeps
        nothing without a link that would stay in the image. dnf, yum and zypper trust the indexes in a mount
        for hours or days, and would install from old ones. yarn 2 and later may run the program out of its
        cache.

    References:
        https://docs.docker.com/build/cache/optimize/#use-cache-mounts
        https://docs.docker.com/reference/dockerfile/#run---mounttypecache
    """
    if too_old(project, 2):
        return
    reached = (
        {s.index for s in project.dockerfile.lineage(project.final_stage)} if project.final_stage else set()
    )
    for stage in project.dockerfile.stages:
        if stage.index in reached:
            yield from _stage(project, stage)


def _stage(project: Project, stage: Stage) -> Iterator[Finding]:
    uses: dict[str, list[Use]] = {}
    managers: dict[str, PackageManager] = {}
    for run, script in project.runs(stage):
        done = [found for command in script.commands if (found := action(command)) is not None]
        if not any(found.manager.name == "go" for found in done):
            done += by_make(project, stage, script)
        for name in dict.fromkeys(found.manager.name for found in done):
            chosen = tuple(found for found in done if found.manager.name == name)
            if name in load("costs")["cache_mount_seconds"] and _wants(project, stage, run, chosen):
                managers[name] = chosen[0].manager
                uses.setdefault(name, []).append(Use(run, script, chosen))
    for name, using in uses.items():
        if managers[name].usually_offline and offline_below(project, stage, managers[name]):
            continue
        groups = [using] if managers[name].later else [[use] for use in using]
        for group in groups:
            if any(_fetches(a) for use in group for a in use.actions):
                yield from _judge(project, stage, managers[name], group)


def _fetches(done: Action) -> bool:
    """True for what reads and fills the cache: a script that is run does not, nor does a tool of dotnet's."""
    if done.verb == "run" or (done.verb == "install" and done.manager.family == "dotnet"):
        return done.manager.later and done.verb == "run"
    return done.verb in FETCHES


def _wants(project: Project, stage: Stage, run: Instruction, chosen: tuple[Action, ...]) -> bool:
    """True when a RUN that does this with one manager may gain by a mount.

    System packages are installed once from a base image and kept in the layer cache: they are fetched again
    and again only where the RUN comes after files that change, and with lists of its own.
    """
    if not chosen[0].manager.updates:
        return any(found.verb in _USES for found in chosen)
    fetched = next((found for found in chosen if found.verb in FETCHES), None)
    updated = next((found for found in chosen if found.verb == "update"), None)
    if not fetched or not updated or not updated.command.must_succeed:
        return False
    if updated.command.start > fetched.command.start:
        return False
    before = (i for each in project.dockerfile.above(stage) for i in each.instructions)
    return any(i.keyword in ("COPY", "ADD") and i.span.start < run.span.start for i in before)


def _judge(project: Project, stage: Stage, manager: PackageManager, group: list[Use]) -> Iterator[Finding]:
    edits: list[Edit] = []
    refused: str | None = None
    allows = Allowance()
    missing: Use | None = None
    sure = base_facts(Reference.parse(project.base_of(stage)).repository) is not None
    targets: dict[str, None] = {}
    layered = [use for use in group if _fetches_into_a_layer(use.run, use.actions)]
    in_layer = bool(layered) or (manager.later and _fetched_below(project, stage))
    if manager.later:
        group = [use for use in _with_callers(project, stage, group) if use not in layered]
    for use in group:
        where = place(project, use.run, manager)
        if isinstance(where, str):
            missing = missing or (use if use.actions or layered else None)
            refused = refused or where
            continue
        absent = [target for target in where.targets if not _mounted(use.run, target)]
        absent = [target for target in absent if not (in_layer and target.endswith(_MODULES))]
        if not absent or (manager.updates and len(absent) < len(where.targets)):
            continue
        missing = missing or (use if use.actions or layered else None)
        targets.update(dict.fromkeys(absent))
        allows |= where.allows(manager)
        made = _edits(project, stage, manager, use, where)
        if isinstance(made, str):
            refused = refused or made
            continue
        edits += [add_flag(use.run, where.flag(manager, target)) for target in absent] + made.edits
        sure = sure and where.user.is_root and made.sure
    if missing is None:
        return
    refused = refused or reader(project, stage, missing.run, tuple(targets))
    shipped = stage in project.shipped
    fix = None
    if refused is None:
        trusted = sure and not (manager.later and shipped) and not manager.known_in
        title = f"Keep {manager.name}'s cache between builds in a cache mount, outside the image"
        fix = Fix(title, tuple(edits), Safety.SAFE if trusted else Safety.PROVEN, allows=allows)
    message = f"{manager.name} starts from nothing whenever this step runs again, for want of a cache mount"
    about = f"{manager.name}'s cache of line {missing.run.start_line}"
    saving = _saving(manager, group, shipped)
    yield Finding(_place(missing, manager), message, saving, fix, refused, about=about)


def _fetches_into_a_layer(run: Instruction, done: tuple[Action, ...]) -> bool:
    """True for a RUN that does nothing but fetch Go's modules: its layer is there on a fresh builder with a
    registry cache, where a mount is empty."""
    called = {found.subcommand for found in done if found.manager.name == "go"}
    return called == {"mod download"} and not run.mounts


def _fetched_below(project: Project, stage: Stage) -> bool:
    """True when a stage that this one is built FROM has Go's modules in a layer."""
    for below in project.dockerfile.above(stage)[:-1]:
        for run, script in project.runs(below):
            done = tuple(found for command in script.commands if (found := action(command)) is not None)
            if _fetches_into_a_layer(run, done):
                return True
    return False


def _saving(manager: PackageManager, group: list[Use], shipped: bool) -> Saving:
    costs = load("costs")
    kept = shipped and all(a.keeps_cache() for use in group for a in use.actions) and not manager.updates
    return Saving(
        bytes=costs["cache_mb"].get(manager.name, 0) * 1_000_000 if kept else 0,
        seconds=costs["cache_mount_seconds"][manager.name],
    )


class _Made(NamedTuple):
    """What a mount needs beside itself; `sure` where that leaves the image as it is by construction."""

    edits: list[Edit]
    sure: bool


def _edits(project: Project, stage: Stage, manager: PackageManager, use: Use, where: Place) -> _Made | str:
    refused = obstacle(project, stage, manager, use) or elsewhere(project, stage, use.run, manager)
    if refused:
        return refused
    swept = cleanups(project, use.run, use.script, manager, where)
    if isinstance(swept, str):
        return swept
    edits = list(swept)
    for each in use.actions:
        for made in (_without_no_cache(project, each), keeping(use.script, each)):
            if isinstance(made, str):
                return made
            edits += made
    return _Made(edits, not swept and not manager.updates)


def _with_callers(project: Project, stage: Stage, group: list[Use]) -> list[Use]:
    """Also the RUNs that may call the manager through another program: there the mount does no harm."""
    known = {use.run.span.start for use in group}
    more = [
        Use(run, project.script(run), ())
        for run in callers(project, stage, group[0].run)
        if run.span.start not in known
    ]
    return sorted((*group, *more), key=lambda use: use.run.span.start)


def _place(use: Use, manager: PackageManager) -> Span:
    return next((a.command.span for a in use.actions if a.verb in _USES), use.run.span)


def _mounted(run: Instruction, target: str) -> bool:
    """True when a cache mount holds the folder, or when its author has chosen to mount only a part of it."""
    for mount in run.mounts:
        place = mount.options.get("target", "").rstrip("/")
        inside = target.startswith(place + "/") or place.startswith(target + "/")
        if mount.type == "cache" and (target == place or inside):
            return True
    return False


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
