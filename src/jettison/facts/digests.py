"""Digests that are known without a registry: those that `jettison facts refresh` kept, and the engine's."""

from __future__ import annotations

import json
from functools import cache
from typing import NamedTuple

from jettison.errors import CannotRun
from jettison.facts.bases import Reference


class Known(NamedTuple):
    """The digest that a tag stood for, and who says so: `the registry on 2026-11-27`."""

    digest: str
    source: str


@cache
def known_digest(name: str) -> Known | None:
    """The digest of `repository:tag` in the user's figures, else of the image of that name that the engine
    has; None without either, and without an engine. Asked once for each name."""
    from jettison.facts.overlay import measured_images

    reference = Reference.parse(name)
    tag = reference.tag or "latest"
    try:
        row = measured_images().get(f"{reference.repository}:{tag}")
    except CannotRun:
        row = None
    if row is not None and row.digest.startswith("sha256:"):
        return Known(row.digest, f"the registry on {row.date}")
    return _of_engine(reference.repository, tag)


def _of_engine(repository: str, tag: str) -> Known | None:
    from jettison.run import run, which

    if which("docker") is None:
        return None
    try:
        command = ("docker", "image", "inspect", "--format", "{{json .RepoDigests}}", f"{repository}:{tag}")
        found = run(command, timeout=10.0)
        digests = json.loads(found.text) if found.ok else []
    except (CannotRun, ValueError):
        return None
    for each in digests if isinstance(digests, list) else ():
        reference = Reference.parse(str(each))
        if reference.repository == repository and reference.digest.startswith("sha256:"):
            return Known(reference.digest, "the engine's image of that name")
    return None
