"""Why steps of a real build ran: compared with the build before it, and with a cache that was exported."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from jettison.build import Step as SeenStep
from jettison.cache.built import Built, build_in_thought
from jettison.cache.causes import Cause
from jettison.cache.explain import Miss, explain
from jettison.cache.steps import Build, Step
from jettison.cache.store import Store
from jettison.cache.tree import Tree
from jettison.context.ignore import IgnoreFile
from jettison.dockerfile import parse
from jettison.errors import CannotRun
from jettison.observed.compare import Found, steps_in
from jettison.observed.exported import ExportedCache
from jettison.observed.local import Local
from jettison.observed.record import ObservedBuild

_FILES_UNKNOWN = Cause(
    "files",
    "files that it takes are not what they were; which, the builder's history does not tell",
    fix="build with `jettison build`, which keeps a list of the files",
)
_IN_RUN = ("add-host", "ulimit", "shm-size", "cgroup-parent", "network")


class Explained(NamedTuple):
    """What was found out about one build."""

    built: Built
    misses: tuple[Miss, ...]
    seconds: tuple[float, ...]
    """What each step took; 0 where the builder did not tell."""


def explain_builds(old: ObservedBuild, new: ObservedBuild) -> Explained:
    """Why steps of `new` ran, after `old` on the same builder.

    Raises CannotRun for a build that failed, or whose Dockerfile is not known.
    """
    after, seen = _built(new), _seen(new)
    if "no-cache" in new.options:
        cause = Cause("no cache", "the build was told to use no cache: --no-cache")
        return Explained(after, _all(after, seen, cause), _seconds(after, seen))
    before = _built(old)
    store = Store().with_build(before.steps, before.keys)
    flags = {index: step.cached for index, step in _by_index(after, seen).items()}
    misses = explain(before, after, store, "the builder", flags)
    if new.tree is None or old.tree is None:
        misses = tuple(_without_files(miss) for miss in misses)
    return Explained(after, misses, _seconds(after, seen))


def explain_cache(cache: ExportedCache, build: ObservedBuild) -> Explained:
    """Which steps of a build could not be had from an exported cache, and why.

    Of a step whose key the builder did not tell nothing is said. Raises CannotRun as `explain_builds`, and
    when no key is known.
    """
    built, seen = _built(build), _seen(build)
    by_index = _by_index(built, seen)
    local = Local.of(build, built)
    contents = local.keys({index: step.digest for index, step in by_index.items()}) if local else {}
    found = steps_in(cache, build, contents)
    if not found:
        raise CannotRun(
            "the builder told no keys of this build's steps, so they cannot be looked up",
            "build again with `jettison build`, on an engine with BuildKit 0.13 or newer",
        )
    known = {record.digest for record in cache.records}
    causes: dict[int, Cause] = {}
    for index, step in by_index.items():
        if step.digest not in found:
            continue
        sure = step.digest in contents or not _takes_files(built.steps[index])
        cause = _cause(found[step.digest], step, sure)
        if found[step.digest].lacks == "files" and local:
            cause = local.cause(index, known.__contains__)
        if cause is not None:
            causes[index] = cause
    misses: list[Miss] = []
    covered: set[int] = set()
    for index in sorted(causes):
        if index in covered:
            continue
        behind = _behind(built, index)
        covered |= behind
        followers = tuple(sorted(behind & causes.keys()))
        told = [causes[index]]
        if told[0].kind == "not exported":
            wants = next((each for each in followers if causes[each].kind != "not exported"), None)
            if wants is not None:
                told.append(causes[wants]._replace(line=built.steps[wants].lines[0]))
        misses.append(Miss(index, built.steps[index], tuple(told), followers))
    return Explained(built, tuple(misses), _seconds(built, seen))


def _cause(found: Found, step: SeenStep, sure: bool) -> Cause | None:
    """Why a step is not in a cache; None when it is, as far as can be told. `sure`: its files are known."""
    if found.loadable:
        if step.cached or sure:
            return None
        text = "the cache has this step, but with other files, or the build did not import it"
        return Cause(
            "files", text, fix="compare file modes and the ignore file of both checkouts: umask, .git"
        )
    if found.records:
        return Cause(
            "not exported",
            "the cache has the key of this step, but not its result",
            fix="export with mode=max: min keeps only the layers of the image itself",
        )
    if found.lacks == "operation":
        text = "the cache knows no such step: its command, environment, user, folder or mounts are others"
        return Cause("command", text)
    if found.lacks == "base":
        text = (
            "the cache has this step on another base image: its tag has moved, or its layers are packed anew"
        )
        return Cause("base", text, fix="pin the base image by its digest")
    return Cause("parent", "the cache has this step, but on other steps or another base image")


def _built(build: ObservedBuild) -> Built:
    if not build.record.ok:
        raise CannotRun(
            f"the build of {build.began[:19]} failed: what it says of its cache means nothing",
            "let a build end well, and ask again",
        )
    if build.dockerfile is None:
        raise CannotRun(f"the Dockerfile of the build of {build.began[:19]} is not known")
    options = [
        f"--{name}={_counted(name, value)}" for name in _IN_RUN for value in build.options.get(name, ())
    ]
    asked = Build(
        {**build.args, **build.hidden_args},
        build.target or None,
        build.platforms[0] if build.platforms else "linux/amd64",
        digest_of=lambda image: _digest(build.bases, image),
        options=tuple(options),
    )
    ignore = None if build.ignore is None else IgnoreFile.parse(build.ignore)
    return build_in_thought(parse(build.dockerfile), build.tree or Tree({}), ignore, asked)


def _counted(name: str, value: str) -> str:
    """What of an option is in a key: the name of an extra host, not its address."""
    return value.replace("=", ":").partition(":")[0] if name == "add-host" else value


def _digest(bases: Mapping[str, str], image: str) -> str:
    full = image if "/" in image else f"library/{image}"
    full = full if "." in full.partition("/")[0] or full.startswith("localhost") else f"docker.io/{full}"
    full = full if ":" in full.rpartition("/")[2] else f"{full}:latest"
    return bases.get(image) or bases.get(full, "")


def _seen(build: ObservedBuild) -> Mapping[tuple[int, bool], SeenStep]:
    """The steps by their first line and whether they are the second half of a COPY --link."""
    return {(step.lines[0], "] LINK " in step.name): step for step in build.record.steps if step.lines}


def _by_index(built: Built, seen: Mapping[tuple[int, bool], SeenStep]) -> dict[int, SeenStep]:
    found = {}
    for index, step in enumerate(built.steps):
        there = seen.get((step.lines[0], step.merge))
        if there is not None and step.instruction.keyword != "FROM":
            found[index] = there
    return found


def _seconds(built: Built, seen: Mapping[tuple[int, bool], SeenStep]) -> tuple[float, ...]:
    found = _by_index(built, seen)
    return tuple(found[i].seconds if i in found else 0.0 for i in range(len(built.steps)))


def _all(built: Built, seen: Mapping[tuple[int, bool], SeenStep], cause: Cause) -> tuple[Miss, ...]:
    ran = {index for index, step in _by_index(built, seen).items() if not step.cached}
    roots = [index for index in sorted(ran) if not ran & set(built.steps[index].needs)]
    return tuple(
        Miss(index, built.steps[index], (cause,), tuple(sorted(_behind(built, index) & ran)))
        for index in roots
    )


def _behind(built: Built, root: int) -> set[int]:
    behind = {root}
    for index, step in enumerate(built.steps):
        if behind & set(step.needs):
            behind.add(index)
    return behind - {root}


def _without_files(miss: Miss) -> Miss:
    """A miss of builds whose files are not known."""
    if _takes_files(miss.step) and {cause.kind for cause in miss.causes} == {"not there"}:
        return miss._replace(causes=(_FILES_UNKNOWN,))
    return miss


def _takes_files(step: Step) -> bool:
    return any(take.step is None for take in step.takes)
