"""A build that is about to run, looked at before and after."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from jettison.build.control import Control, PastBuild
from jettison.build.lines import locator
from jettison.build.metadata import Metadata
from jettison.build.rawjson import Recording
from jettison.build.record import assemble
from jettison.cache import Tree, folder_tree
from jettison.context.ignore import IgnoreFile
from jettison.context.walk import walk
from jettison.errors import CannotRun
from jettison.observed.call import BuildCall, concealed
from jettison.observed.record import ObservedBuild, without_output
from jettison.observed.told import Told, ask

READ_BYTES = 4 << 30
"""Of a context; a larger one is not read, which would hold the build up for seconds."""
_PATIENCE = 15.0
"""Seconds in which the builder has to tell of the build: somebody waits for the prompt."""
_BASE = re.compile(r"\bFROM (\S+)@(sha256:[0-9a-f]{64})")
_SLACK = 2.0
"""Seconds by which the clocks of this machine and of the builder may differ."""


@dataclass(frozen=True, slots=True)
class Before:
    """What a build will be made of."""

    call: BuildCall
    began: float
    """Unix seconds."""
    context: str
    path: str
    dockerfile: bytes | None
    ignore: IgnoreFile | None
    tree: Tree | None
    missing: tuple[str, ...]


def look(call: BuildCall) -> Before:
    """Read the Dockerfile, the ignore file and the context of a build that has not begun. Never raises for
    what is not there: that is the builder's to say."""
    missing: list[str] = []
    folder = Path(call.context).absolute() if os.path.isdir(call.context) else None
    path = _path(call, folder)
    dockerfile = ignore = tree = None
    if isinstance(path, Path):
        try:
            dockerfile = path.read_bytes()
        except OSError as problem:
            missing.append(f"the Dockerfile could not be read: {problem.strerror}")
    else:
        missing.append(f"the Dockerfile is not a file of this machine ({path})")
    if folder is None:
        missing.append(
            f"the context is not a folder of this machine ({call.context}), so its files are not known"
        )
    else:
        ignore = IgnoreFile.find(folder, path if isinstance(path, Path) else None)
        size = walk(str(folder), ignore).bytes
        if size > READ_BYTES:
            missing.append(f"the context has {size / 1e9:.1f} GB, so its files were not read")
        else:
            tree = folder_tree(folder, ignore)
    began = time.time()
    where = str(folder) if folder else call.context
    return Before(call, began, where, str(path), dockerfile, ignore, tree, tuple(missing))


def observe(
    before: Before, code: int, seconds: float, metadata: Metadata, docker: str, salt: bytes
) -> ObservedBuild:
    """The record of a build that ended with exit code `code` after that many seconds."""
    missing = list(before.missing)
    error = f"the build ended with code {code}" if code else ""
    told = Told(Recording(), Metadata(), None, {}, {}, {})
    try:
        with Control(docker, _on(before.call), _PATIENCE) as control:
            found = _build(control.builds(), before, seconds, "" if code else metadata.ref)
            if found is None:
                missing.append("the builder does not know the build any more, so its steps are not known")
            else:
                told = ask(control, found)
                error = (found.error or error) if code else ""
    except CannotRun as problem:
        missing.append(f"the steps are not known: {problem.message}")
    if not code:
        told = told._replace(
            metadata=metadata._replace(lines=told.metadata.lines, layers=told.metadata.layers)
        )
    shown, hidden = concealed(before.call.args, salt)
    dockerfile = before.dockerfile if before.dockerfile is not None else told.dockerfile
    lines = locator(dockerfile) if dockerfile is not None else lambda name: ()
    record = without_output(assemble(told.recording, told.metadata, lines, seconds, error))
    return ObservedBuild(
        record=record,
        source="jettison build",
        began=f"{datetime.fromtimestamp(before.began, UTC):%Y-%m-%dT%H:%M:%S.%fZ}",
        context=before.context,
        path=before.path,
        dockerfile=dockerfile,
        ignore=before.ignore.source if before.ignore else None,
        tree=before.tree,
        args=shown,
        hidden_args=hidden,
        target=before.call.target,
        platforms=before.call.platforms,
        options=before.call.options,
        secrets=before.call.secrets,
        bases=bases(told.recording),
        keys=told.keys,
        parents=told.parents,
        base_layers=told.base_layers,
        missing=tuple(missing),
    )


def bases(recording: Recording) -> Mapping[str, str]:
    """The digests of the images that the build stood on or copied from."""
    found = (_BASE.search(vertex.name) for vertex in recording.vertexes.values())
    return {match[1]: match[2] for match in found if match}


def _path(call: BuildCall, folder: Path | None) -> Path | str:
    """Where the Dockerfile is; a text when that is no file of this machine."""
    name = call.dockerfile
    if name:
        remote = name == "-" or re.match(r"https?://", name) or (folder is None and not os.path.isabs(name))
        return name if remote else Path(name).absolute()
    if folder is None:
        return call.context
    own, lower = folder / "Dockerfile", folder / "dockerfile"
    return lower if lower.is_file() and not own.exists() else own


def _on(call: BuildCall) -> list[str]:
    return [f"--builder={call.builder}"] if call.builder else []


def _build(builds: Sequence[PastBuild], before: Before, seconds: float, ref: str) -> PastBuild | None:
    """Ours among the builder's; one that failed has no name here, and is the only one of its time."""
    if ref:
        return next((build for build in builds if build.ref == ref), None)
    start, end = before.began - _SLACK, before.began + seconds + _SLACK
    name = os.path.basename(before.path)
    found = [
        build
        for build in builds
        if build.error and start <= _unix(build.created) <= end and build.attributes.get("filename") == name
    ]
    return found[0] if len(found) == 1 else None


def _unix(moment: str) -> float:
    try:
        return datetime.fromisoformat(moment).timestamp()
    except ValueError:
        return 0.0
