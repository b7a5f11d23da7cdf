"""What the Dockerfile and its context ask of a pipeline: steps to keep, secrets, cache mounts, git, modes."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import NamedTuple

from jettison.dockerfile import Instruction, Mount, Stage
from jettison.project import Project

_VARIABLE = re.compile(r"\$\{?(\w+)")
_WILD = frozenset("*?[")


class CacheMount(NamedTuple):
    """A `RUN --mount=type=cache`. A fresh builder starts with it empty (moby/buildkit #1512)."""

    id: str
    """What the builder keeps it under: its `id`, else its target."""
    target: str
    line: int
    uid: str
    gid: str
    pays: bool
    """True when its RUN runs again with each edit of the sources, so that no cache of layers can help."""


class Needs(NamedTuple):
    """What a pipeline has to bring along for one Dockerfile and target."""

    bases: tuple[str, ...] = ()
    """The images that the stages start from, with `$` in what only the call knows."""
    lost: tuple[str, ...] = ()
    """The stages whose RUNs are in no layer of the image, so that mode=min keeps none of them."""
    secrets: tuple[str, ...] = ()
    """The ids of the secrets that a RUN mounts, in order."""
    ssh: tuple[str, ...] = ()
    """The ids of the agents that a RUN mounts."""
    mounts: tuple[CacheMount, ...] = ()
    """One per id."""
    unknown_mounts: tuple[int, ...] = ()
    """Lines of cache mounts whose id only the build knows."""
    git: str = ""
    """Who asks git for a version, in a sentence; empty when nobody does."""
    group_writable: int = 0
    """Files sent to the builder that their group may write: 664 here and 644 there is another COPY
    (moby/buildkit #4374)."""


@dataclass(frozen=True, slots=True)
class _Run:
    stage: Stage
    run: Instruction


def needs_of(project: Project) -> Needs:
    """Read the stages that are built for the target, and the context."""
    if project.final_stage is None:
        return Needs()
    stages = project.dockerfile.lineage(project.final_stage)
    runs = [_Run(stage, each) for stage in stages for each in stage.instructions if each.keyword == "RUN"]
    kept = {stage.index for stage in project.shipped}
    lost = [found.stage for found in runs if found.stage.index not in kept]
    mounts, unknown = _caches(project, runs)
    bases = [project.base_of(stage) for stage in stages if stage.base_stage is None]
    return Needs(
        tuple(dict.fromkeys(bases)),
        tuple(dict.fromkeys(stage.name or f"stage {stage.index}" for stage in lost)),
        _ids(runs, "secret"),
        _ids(runs, "ssh"),
        mounts,
        unknown,
        _git(project),
        _group_writable(project),
    )


def lost_seconds(project: Project, seconds: Mapping[str, float]) -> float | None:
    """What the steps take that mode=min does not keep. `seconds` is by keyword and arguments, as builds were
    recorded; None when a RUN is not among them."""
    if project.final_stage is None:
        return None
    total = 0.0
    kept = {stage.index for stage in project.shipped}
    for stage in project.dockerfile.lineage(project.final_stage):
        for each in stage.instructions if stage.index not in kept else ():
            found = seconds.get(f"{each.keyword} {each.args}")
            if found is None and each.keyword == "RUN":
                return None
            total += found or 0.0
    return total


def _ids(runs: list[_Run], kind: str) -> tuple[str, ...]:
    """As BuildKit names them: the id, else the last part of the target (secrets), else `default` (ssh)."""
    found: dict[str, None] = {}
    for each in runs:
        for mount in each.run.mounts:
            if mount.type == kind:
                target = mount.options.get("target", "").rpartition("/")[2]
                found[mount.options.get("id") or (target if kind == "secret" else "default")] = None
    return tuple(name for name in found if name and "$" not in name)


def _caches(project: Project, runs: list[_Run]) -> tuple[tuple[CacheMount, ...], tuple[int, ...]]:
    found: dict[str, CacheMount] = {}
    unknown: list[int] = []
    for each in runs:
        for mount in each.run.mounts:
            if mount.type != "cache":
                continue
            made = _cache(project, each, mount)
            if made is None:
                unknown.append(each.run.start_line)
            elif made.id not in found or (made.pays and not found[made.id].pays):
                found[made.id] = made
    return tuple(found.values()), tuple(dict.fromkeys(unknown))


def _cache(project: Project, at: _Run, mount: Mount) -> CacheMount | None:
    scope = project.scope(at.run)
    values = []
    for name in ("target", "id", "uid", "gid"):
        written = mount.options.get(name, "")
        if any(variable not in scope.variables for variable in _VARIABLE.findall(written)):
            return None
        values.append(scope.expand(written).text)
    target, id, uid, gid = values
    if not target.startswith("/"):
        return None
    return CacheMount(id or target, target, at.run.start_line, uid, gid, _after_sources(project, at))


def _after_sources(project: Project, at: _Run) -> bool:
    """True when a folder of the context comes before the RUN in its stage, or is mounted into it."""
    for mount in at.run.mounts:
        if mount.type == "bind" and "from" not in mount.options:
            source = mount.options.get("source", ".")
            if _is_folder(project, source):
                return True
    before: Iterator[Instruction] = (
        each
        for stage in project.dockerfile.above(at.stage)
        for each in stage.instructions
        if each.span.start < at.run.span.start
    )
    for each in before:
        if each.keyword in ("COPY", "ADD") and each.flag("from") is None:
            words = [word.text for word in each.sources]
            if any(_is_folder(project, word) for word in words if "://" not in word):
                return True
    return False


def _is_folder(project: Project, source: str) -> bool:
    if "$" in source or not _WILD.isdisjoint(source):
        return not source.endswith((".json", ".lock", ".txt", ".toml", ".xml", ".mod", ".sum"))
    return os.path.isdir(os.path.join(project.root, source.lstrip("/")))


def _git(project: Project) -> str:
    from jettison.rules.asksgit import asks
    from jettison.rules.taking import sources

    takers = sources(project)
    ignore = project.context.ignore
    if not takers or (ignore is not None and (ignore.problems or ignore.excludes(".git"))):
        return ""
    return next((each.who for each in asks(project, takers) if each.from_context), "")


def _group_writable(project: Project) -> int:
    files = project.context.files
    return sum(each.kind == "file" and bool(each.mode & stat.S_IWGRP) for each in files)
