"""The file of `docker buildx build --metadata-file`: digests and, when asked for, what the provenance tells.

With BUILDX_METADATA_PROVENANCE=max it carries BuildKit's provenance, also for a build with --provenance=false
(measured with buildx 0.29 on Docker 28.5), so the image stays free of attestations. But buildx fetches it
from the build history by reference, and before BuildKit 0.29 (moby/buildkit #6614) a record once fetched so
that is removed later, by `docker buildx history rm` or by age, makes the next `docker buildx history ls`
bring the engine down (seen on Docker 28.5). So it is asked for only when the caller wants it, on an engine
that is not the user's.
"""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

_BUILDKIT = "https://mobyproject.org/buildkit@v1#metadata"


class Metadata(NamedTuple):
    """What the builder tells after a build that ended well. All empty for one that failed: no file is
    written.
    """

    image_digest: str = ""
    config_digest: str = ""
    ref: str = ""
    """Name of the build in `docker buildx history`."""
    lines: Mapping[str, tuple[int, ...]] = {}
    """Dockerfile lines, from 1, by the digest of the vertex."""
    layers: Mapping[str, int] = {}
    """Compressed bytes of the layer that a vertex made; only those of exported stages are known."""


def read_metadata(path: Path) -> Metadata:
    """What the file says; whatever is missing or malformed is left empty."""
    try:
        data = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError):
        return Metadata()
    top = _dict(data)
    lines, layers = told_by(_dict(top.get("buildx.build.provenance")))
    return Metadata(
        str(top.get("containerimage.digest") or ""),
        str(top.get("containerimage.config.digest") or ""),
        str(top.get("buildx.build.ref") or "").rpartition("/")[2],
        lines,
        layers,
    )


def told_by(provenance: dict[str, Any]) -> tuple[dict[str, tuple[int, ...]], dict[str, int]]:
    """Lines and bytes by the digest of the vertex, as in Metadata, of BuildKit's provenance in mode `max`."""
    config, details = _provenance(provenance)
    digests = {str(step): digest for digest, step in _dict(config.get("digestMapping")).items()}
    locations = _dict(_dict(details.get("source")).get("locations"))
    parents = {
        str(step.get("id")): str(inputs[0]).partition(":")[0]
        for step in _dicts(config.get("llbDefinition"))
        if (inputs := step.get("inputs")) and isinstance(inputs, list)
    }
    sizes = _layers(_dict(details.get("layers")), parents)
    return (
        {
            digests[step]: lines
            for step, place in locations.items()
            if step in digests and (lines := _lines(place))
        },
        {digests[step]: size for step, size in sizes.items() if step in digests},
    )


def operations_in(provenance: dict[str, Any]) -> dict[str, dict[str, Any]]:
    """BuildKit's operations by the digest of the vertex: `op` as Go writes it as JSON, and `inputs`."""
    config, _ = _provenance(provenance)
    steps = {str(step.get("id")): step for step in _dicts(config.get("llbDefinition"))}
    mapped = _dict(config.get("digestMapping")).items()
    return {digest: steps[str(step)] for digest, step in mapped if str(step) in steps}


def bases_in(provenance: dict[str, Any]) -> dict[str, tuple[str, ...]]:
    """The layers of every base image by the digest of its vertex, the lowest first, as they are pulled."""
    _, details = _provenance(provenance)
    layers = _dict(details.get("layers"))
    steps = {
        digest: str(step.get("id"))
        for digest, step in operations_in(provenance).items()
        if "source" in _dict(_dict(step.get("op")).get("Op"))
    }
    listed = {digest: layers.get(f"{step}:0") for digest, step in steps.items()}
    return {
        digest: tuple(str(layer.get("digest")) for layer in _dicts(found[0]))
        for digest, found in listed.items()
        if isinstance(found, list) and found
    }


def dockerfile_in(provenance: dict[str, Any]) -> bytes | None:
    """The Dockerfile that BuildKit's provenance in mode `max` carries; None when it has none or several."""
    _, details = _provenance(provenance)
    infos = _dicts(_dict(details.get("source")).get("infos"))
    data = infos[0].get("data") if len(infos) == 1 else None
    try:
        return base64.b64decode(data, validate=True) if isinstance(data, str) else None
    except (binascii.Error, ValueError):
        return None


def _provenance(found: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """BuildKit's build config and metadata, where SLSA 0.2 and SLSA 1 place them (docs.docker.com)."""
    found = _dict(found.get("predicate")) or found
    inner = _dict(_dict(found.get("buildDefinition")).get("internalParameters"))
    run = _dict(_dict(found.get("runDetails")).get("metadata"))
    return (
        _dict(found.get("buildConfig")) or _dict(inner.get("buildConfig")),
        _dict(_dict(found.get("metadata")).get(_BUILDKIT)) or _dict(run.get("buildkit_metadata")),
    )


def _layers(layers: dict[str, Any], parents: dict[str, str]) -> dict[str, int]:
    """A step's chain of layers is its parent's and, when it made one, its own at the end.

    `COPY --link` is two steps with one layer, which counts for the first.
    """
    chains: dict[str, list[dict[str, Any]]] = {}
    for output, listed in layers.items():
        first = listed[0] if isinstance(listed, list) and listed else []
        chains[output.partition(":")[0]] = list(_dicts(first))
    sizes: dict[str, int] = {}
    counted: set[str] = set()
    for step, chain in chains.items():
        if step not in parents:
            continue
        below = chains.get(parents[step])
        own = chain[-1:] if below is None else chain[len(below) :]
        fresh = [layer for layer in own if str(layer.get("digest")) not in counted]
        counted.update(str(layer.get("digest")) for layer in fresh)
        found = [size for layer in fresh if isinstance(size := layer.get("size"), int)]
        if all(size >= 0 for size in found):  # the classic store says -1: it keeps layers uncompressed
            sizes[step] = sum(found)
    return sizes


def _lines(place: object) -> tuple[int, ...]:
    found: set[int] = set()
    for location in _dicts(_dict(place).get("locations")):
        for span in _dicts(location.get("ranges")):
            start, end = _dict(span.get("start")).get("line"), _dict(span.get("end")).get("line")
            if isinstance(start, int) and isinstance(end, int) and 0 < start <= end < start + 10_000:
                found.update(range(start, end + 1))
    return tuple(sorted(found))


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []
