"""Builds that the user made without us, as the builder remembers them.

A builder keeps the last 50 builds, those of the last two days at most (BuildKit's default). Of each it has
the Dockerfile, the arguments and every step, but no list of the context's files; and the folder of the
context only on the machine where buildx ran.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path

from jettison.build import Engine
from jettison.build.control import Control, PastBuild
from jettison.build.lines import locator
from jettison.build.record import assemble
from jettison.observed.call import concealed
from jettison.observed.kept import salt
from jettison.observed.record import ObservedBuild, without_output
from jettison.observed.told import ask
from jettison.observed.watch import bases

_ARGUMENT = "build-arg:"
_NO_TREE = "the builder's history does not tell which files the context had"
_NO_DOCKERFILE = "the builder keeps the Dockerfile of builds that end well only"
_OPTIONS = {
    "add-hosts": "add-host",
    "force-network-mode": "network",
    "ulimit": "ulimit",
    "shm-size": "shm-size",
}
"""Attributes of BuildKit's Dockerfile frontend, by the options of buildx that set them
(docker/buildx build/opt.go, frontend/dockerui/config.go)."""
_KEPT = {"cgroup-parent", *_OPTIONS}


def observed_builds(engine: Engine, limit: int = 10) -> tuple[ObservedBuild, ...]:
    """The last `limit` builds in the engine's history, the newest first, those that failed included.

    Raises CannotRun when the builder does not answer.
    """
    key = _salt()
    with Control(engine.path, engine.on, timeout=30.0 + 5.0 * limit) as control:
        return tuple(_observed(control, build, key) for build in control.builds()[:limit])


def _observed(control: Control, build: PastBuild, key: bytes) -> ObservedBuild:
    told = ask(control, build)
    attributes = build.attributes
    given = {
        name.removeprefix(_ARGUMENT): value
        for name, value in attributes.items()
        if name.startswith(_ARGUMENT)
    }
    shown, hidden = concealed(given, key)
    context, path = _places(build)
    lines = locator(told.dockerfile) if told.dockerfile is not None else lambda name: ()
    return ObservedBuild(
        record=without_output(assemble(told.recording, told.metadata, lines, _seconds(build), build.error)),
        source="history",
        began=build.created,
        context=context,
        path=path,
        dockerfile=told.dockerfile,
        args=shown,
        hidden_args=hidden,
        target=attributes.get("target", ""),
        platforms=tuple(filter(None, attributes.get("platform", "").split(","))),
        options=_options(attributes),
        bases=bases(told.recording),
        keys=told.keys,
        parents=told.parents,
        base_layers=told.base_layers,
        missing=(_NO_TREE,) if told.dockerfile is not None else (_NO_TREE, _NO_DOCKERFILE),
    )


def _options(attributes: Mapping[str, str]) -> dict[str, tuple[str, ...]]:
    found: dict[str, tuple[str, ...]] = {
        _OPTIONS.get(name, name): (attributes[name],) for name in sorted(_KEPT & attributes.keys())
    }
    if "no-cache" in attributes:  # for every stage when it is empty
        stages = tuple(filter(None, attributes["no-cache"].split(",")))
        found["no-cache-filter" if stages else "no-cache"] = stages or ("true",)
    return found


def _places(build: PastBuild) -> tuple[str, str]:
    """The context and the Dockerfile: buildx leaves a note of them on the machine where it ran
    (docker/buildx localstate/localstate.go)."""
    own = os.environ.get("BUILDX_CONFIG")
    docker = os.environ.get("DOCKER_CONFIG") or os.path.expanduser("~/.docker")
    folder = Path(own) if own else Path(docker) / "buildx"
    filename = build.attributes.get("filename", "")
    for note in sorted(folder.glob(f"refs/*/*/{build.ref}")) if build.ref.isalnum() else ():
        try:
            state = json.loads(note.read_bytes())
        except (OSError, ValueError, RecursionError):
            continue
        if isinstance(state, dict):
            context, path = (str(state.get(name) or "") for name in ("LocalPath", "DockerfilePath"))
            return context, path or os.path.join(context, filename)
    return build.attributes.get("context", ""), filename


def _seconds(build: PastBuild) -> float:
    try:
        ended, began = datetime.fromisoformat(build.completed), datetime.fromisoformat(build.created)
    except ValueError:
        return 0.0
    return max(0.0, (ended - began).total_seconds())


def _salt() -> bytes:
    try:
        return salt()
    except OSError:
        return os.urandom(32)
