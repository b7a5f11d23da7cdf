"""The digests by which an exported cache knows what a build is made of.

A record of a cache is called sha256("KEY@OUTPUT"), where KEY is (moby/buildkit v0.25; measured on Docker
28.5: every record of a cache was found so):

- of a RUN, COPY, ADD, WORKDIR: a hash of BuildKit's operation as Go writes it as JSON, without what shall not
  count (solver/llbsolver/ops/exec.go, file.go, merge.go: CacheMap), output 0;
- of a base image: a hash of the digest of its manifest with the platform, and besides one of its chain of
  layers (source/containerimage/pull.go, solver/llbsolver/ops/source.go), output 0: not worked out here, as
  it takes the manifest of the platform;
- of files that a step takes: a hash of their content (cache/contenthash), output -1.

It is not the digest of the step's vertex, which a build shows: that covers all steps below, and what does not
count. The operations are in BuildKit's own provenance, which the builder keeps of each build.
"""

from __future__ import annotations

import base64
import hashlib
import json
import posixpath
from collections.abc import Mapping
from copy import deepcopy
from typing import Any

_CONTENT = -1
_HTML = {"&": "\\u0026", "<": "\\u003c", ">": "\\u003e", "\u2028": "\\u2028", "\u2029": "\\u2029"}
"""What Go's encoding/json writes otherwise than Python, so that JSON may stand in HTML."""
_OWN_MOUNT = ("selector", "readonly", "mountType", "cacheOpt", "SSHOpt", "secretOpt", "resultID")


def operation_key(step: Mapping[str, Any]) -> str:
    """The digest of the record of one operation, as `jettison.build.metadata.operations_in` has it.

    Empty for what has none of its own: sources, and operations that a later BuildKit may bring.
    """
    try:
        operation = step["op"]["Op"]
        inputs = step.get("inputs") or ()
        if "exec" in operation:
            document = _exec(operation["exec"], step["op"]["platform"])
        elif "file" in operation:
            document = _file(operation["file"]["actions"], len(inputs))
        elif "merge" in operation:
            document = {"Type": "buildkit.merge.v0", "Merge": operation["merge"]}
        else:
            return ""
    except (KeyError, TypeError, AttributeError, ValueError):
        return ""
    return _record(_sha256(_go(document)), 0)


def parent_of(step: Mapping[str, Any]) -> int | None:
    """Which input of an operation is the one that it changes; None for one that begins with nothing, as on
    scratch and for the first half of a COPY --link."""
    try:
        operation = step["op"]["Op"]
        if "exec" in operation:
            mounts = operation["exec"]["mounts"]
            number = next(mount.get("input", 0) for mount in mounts if mount.get("dest") == "/")
        elif "file" in operation:
            number = operation["file"]["actions"][0]["input"]
        else:
            number = 0 if "merge" in operation else -1
        return number if 0 <= number < len(step.get("inputs") or ()) else None
    except (KeyError, TypeError, AttributeError, IndexError, StopIteration):
        return None


def content_record(digests: str) -> str:
    """The digest of the record of files, from what `jettison.observed.content` knows them by."""
    return _record(_sha256(digests), _CONTENT)


def _exec(operation: dict[str, Any], platform: Mapping[str, Any]) -> dict[str, Any]:
    operation = deepcopy(operation)
    operation["meta"].pop("proxy_env", None)
    for host in operation["meta"].get("extraHosts", ()):
        host.pop("IP", None)
    mounts = operation.get("mounts", [])
    for mount in mounts:
        mount.pop("selector", None)
        if "cacheOpt" in mount and not _is_default_cache(mount):
            mount["cacheOpt"] = {}
    if len(mounts) == 1 and mounts[0].get("dest") == "/" and not set(_OWN_MOUNT) & mounts[0].keys():
        del operation["mounts"]
    document = {
        "Type": "buildkit.exec.v0",
        "Exec": operation,
        "OS": platform["OS"],
        "Arch": platform["Architecture"],
    }
    further = ("Variant", "OSVersion", "OSFeatures")
    return document | {name: platform[name] for name in further if platform.get(name)}


def _is_default_cache(mount: Mapping[str, Any]) -> bool:
    """True for a cache mount whose id is its target, perhaps behind a namespace, and that is shared: only
    then the id counts (checkShouldClearCacheOpts)."""
    id, target = mount["cacheOpt"].get("ID", ""), mount.get("dest", "")
    return target in (id, id.partition("/")[2]) and not mount["cacheOpt"].get("sharing")


def _file(actions: list[dict[str, Any]], inputs: int) -> dict[str, Any]:
    texts, indexes = [], []
    for action in actions:
        [(kind, what)] = action["Action"].items()
        if kind == "copy" and 0 <= action["secondaryInput"] < inputs:
            what = {**what, "src": posixpath.basename(what["src"].rstrip("/")) or "/"}
        texts.append(base64.b64encode(_go(what).encode()).decode())
        indexes.append([action["input"], action["secondaryInput"], action["output"]])
    document: dict[str, Any] = {"Type": "buildkit.file.v0", "Actions": texts}
    return document if _are_usual(indexes) else {**document, "indexes": indexes}


def _are_usual(indexes: list[list[int]]) -> bool:
    """A chain of actions on the first input, with the second one as source (isDefaultIndexes)."""
    last = len(indexes) - 1
    return bool(indexes) and all(
        index[0] == (last + at if at else 0)  # len(actions) + at - 1
        and index[1] in (-1, 1)
        and index[2] == (0 if at == last else -1)
        for at, index in enumerate(indexes)
    )


def _go(value: object) -> str:
    text = json.dumps(value, separators=(",", ":"), ensure_ascii=False)
    for mark, escaped in _HTML.items():
        text = text.replace(mark, escaped)
    return text


def _record(key: str, output: int) -> str:
    return _sha256(f"{key}@{output}")


def _sha256(text: str) -> str:
    return f"sha256:{hashlib.sha256(text.encode('utf-8', 'surrogatepass')).hexdigest()}"
