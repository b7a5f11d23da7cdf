"""All that the builder tells of one build in its history."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any, NamedTuple

from jettison.build.control import Control, PastBuild
from jettison.build.metadata import Metadata, bases_in, dockerfile_in, operations_in, told_by
from jettison.build.rawjson import Recording
from jettison.errors import CannotRun
from jettison.observed.keys import operation_key, parent_of


class Told(NamedTuple):
    """What was told; empty where nothing was."""

    recording: Recording
    metadata: Metadata
    dockerfile: bytes | None
    keys: Mapping[str, str]
    parents: Mapping[str, str]
    base_layers: Mapping[str, tuple[str, ...]]
    """See ObservedBuild for all three."""


def ask(control: Control, build: PastBuild) -> Told:
    """Ask for the steps and the provenance of a build. Raises CannotRun when the builder does not answer."""
    provenance = _provenance(control, build)
    lines, layers = told_by(provenance)
    operations = operations_in(provenance)
    keys = {digest: operation_key(step) for digest, step in operations.items()}
    digests = {str(step.get("id")): digest for digest, step in operations.items()}
    parents = {
        digest: digests.get(str(step["inputs"][number]).partition(":")[0], "")
        for digest, step in operations.items()
        if (number := parent_of(step)) is not None
    }
    return Told(
        control.progress(build.ref),
        Metadata(ref=build.ref, lines=lines, layers=layers),
        dockerfile_in(provenance),
        {digest: key for digest, key in keys.items() if key},
        {digest: parent for digest, parent in parents.items() if parent},
        bases_in(provenance),
    )


def _provenance(control: Control, build: PastBuild) -> dict[str, Any]:
    if not build.provenance:  # of a build that failed, or for several platforms that all failed
        return {}
    try:
        document = json.loads(control.blob(build.provenance))
    except (ValueError, RecursionError, CannotRun):
        return {}
    return document if isinstance(document, dict) else {}
