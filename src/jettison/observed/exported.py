"""What an exported build cache holds: in a registry, in a folder, or inline in an image.

The format is BuildKit's (moby/buildkit cache/remotecache/v1: types/spec.go, parse.go; import.go for the
places): a JSON of records and layers. A record has the digest of one *cache key* and, for each input, links
to the records below it; one with layers can be loaded.

Which steps of a Dockerfile are in it? The config has no names, but the digest of each record can be worked
out (`jettison.observed.keys`) from the operation that BuildKit made of the instruction, which the builder
tells of each build it remembers. So a cache together with one record of a build, made anywhere, tells step by
step what is in it (`jettison.observed.compare`). A cache alone tells how many keys can be loaded and their
bytes.
"""

from __future__ import annotations

import base64
import hashlib
import json
import os
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, NamedTuple

from jettison.errors import ImageError
from jettison.image.remote import Registry
from jettison.observed.call import fields_of

CONFIG = "application/vnd.buildkit.cacheconfig.v0"
_INLINE = "moby.buildkit.cache.v0"
_LARGEST = 16 << 20
"""Bytes of one document. BuildKit itself refuses above 1 MiB (import.go, readBlob)."""
_LAYERS = 1024
"""Of one result; no store has more."""
_CHAINED = 1_000_000
"""Layers of all results together."""
_HINT = (
    "name what `--cache-to` wrote: HOST/NAME:TAG, type=registry,ref=..., type=local,src=..., or its folder"
)
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_REFERENCE = re.compile(
    r"(?:(?P<host>[^/]*[.:][^/]*|localhost)/)?(?P<name>[a-z0-9][a-z0-9._/-]*)(?P<tag>[:@]\S+)?"
)


class CacheLayer(NamedTuple):
    """One blob of a result, with its bytes as it is downloaded."""

    digest: str
    size: int


class CacheLink(NamedTuple):
    """To the record at this index, and to which part of what it made; "" for all of it."""

    record: int
    selector: str


@dataclass(frozen=True, slots=True)
class CacheRecord:
    """One cache key. Several may belong to one step: by its definition, and by its content."""

    digest: str
    inputs: tuple[tuple[CacheLink, ...], ...]
    """For every input of the step, the records that it may have."""
    layers: tuple[CacheLayer, ...]
    """The result, the lowest layer first; none when the key cannot be loaded."""

    @property
    def has_result(self) -> bool:
        """True when a build can take the step from this cache."""
        return bool(self.layers)


@dataclass(frozen=True, slots=True)
class ExportedCache:
    """A cache as it was read. No record leads back to itself."""

    reference: str
    kind: str
    """`registry`, `local`, or `inline` for one in an image."""
    records: tuple[CacheRecord, ...]
    layers: Mapping[str, int]
    """Bytes of every blob that a result needs, by digest."""

    @property
    def results(self) -> int:
        """How many records can be loaded."""
        return sum(record.has_result for record in self.records)

    @property
    def bytes(self) -> int:
        """Of all blobs, each once."""
        return sum(self.layers.values())


def read_cache(reference: str) -> ExportedCache:
    """Read a cache: a folder, HOST/NAME:TAG, or what `--cache-from` takes.

    Raises ImageError when it is not there, is no cache, is damaged, or leads in a circle.
    """
    given = fields_of(reference) if "=" in reference.partition(",")[0] else {}
    kind = given.get("type", "local" if os.path.isdir(reference) else "registry")
    try:
        if kind == "local":
            folder = Path(given.get("src", reference))
            store = _from_folder(folder, given)
        elif kind == "registry":
            store = _from_registry(given.get("ref", reference))
        else:
            raise _Wrong(f"a cache of type={kind} cannot be read from here")
        return _read(store, reference, kind)
    except _Wrong as problem:
        raise ImageError(f"{reference}: {problem}", _HINT) from None
    except OSError as problem:
        raise ImageError(f"{reference}: cannot be read: {problem.strerror or problem}", _HINT) from None


class _Wrong(Exception):
    """What is wrong with a cache, as the end of a sentence."""


class _Store(NamedTuple):
    """Where the documents of one cache are: its blobs, and its manifest or index."""

    blob: Callable[[str], bytes]
    manifest: Callable[[str], dict[str, Any]]
    top: dict[str, Any]


def _read(store: _Store, reference: str, kind: str) -> ExportedCache:
    top = store.top
    config, blobs = _dict(top.get("config")), _dicts(top.get("layers"))
    if "manifests" in top:
        blobs = _dicts(top["manifests"])
        config = next((each for each in blobs if each.get("mediaType") == CONFIG), {})
    if config.get("mediaType") == CONFIG:
        document = _document(store.blob(_digest(config)), "the cache config")
        records = _records(document.get("records"), document.get("layers"), _sizes(blobs))
    else:
        kind = "inline"
        manifests = [top] if "manifests" not in top else _images(store, blobs)
        records = [record for each in manifests for record in _inline(store, each)]
        if not records:
            raise _Wrong("this is an image without a cache, or nothing that BuildKit wrote")
    layers = {layer.digest: layer.size for record in records for layer in record.layers}
    return ExportedCache(reference, kind, tuple(records), layers)


def _images(store: _Store, descriptors: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The manifests of an index of one image; attestations stand there with an unknown platform."""
    known = [each for each in descriptors if _dict(each.get("platform")).get("os") != "unknown"]
    if len(known) > 1:
        raise _Wrong("this image is for several platforms: name the digest of one")
    return [store.manifest(_digest(each)) for each in known]


def _inline(store: _Store, manifest: dict[str, Any]) -> list[CacheRecord]:
    config, blobs = _dict(manifest.get("config")), _dicts(manifest.get("layers"))
    if not config or not blobs:
        return []
    told = _document(store.blob(_digest(config)), "the image config").get(_INLINE)
    if not isinstance(told, str):
        return []
    try:
        records = json.loads(base64.b64decode(told, validate=True))
    except (ValueError, RecursionError):
        raise _Wrong("the inline cache is damaged") from None
    layers = [{"blob": _digest(each), "parent": at - 1} for at, each in enumerate(blobs)]
    return _records(records, layers, _sizes(blobs))


def _records(records: object, layers: object, sizes: Mapping[str, int]) -> list[CacheRecord]:
    """The records with their layers in place. A result whose blobs are not all there is none (parse.go)."""
    stack = [(str(each.get("blob")), _index(each.get("parent"))) for each in _dicts(layers, "layers")]
    left = _CHAINED
    found = []
    for each in _dicts(records, "records"):
        chain: tuple[CacheLayer, ...] = ()
        for indexes in _chains(each, stack):
            names = [stack[at][0] for at in indexes]
            if all(name in sizes for name in names):
                chain = tuple(CacheLayer(name, sizes[name]) for name in names)
        left -= len(chain)
        if left < 0:
            raise _Wrong(f"the results have more than {_CHAINED} layers")
        digest = each.get("digest")
        if not isinstance(digest, str) or not digest:
            raise _Wrong("a record has no digest")
        found.append(CacheRecord(digest, _inputs(each.get("inputs")), chain))
    _refuse_circles(found)
    return found


def _chains(record: dict[str, Any], stack: list[tuple[str, int]]) -> Iterator[list[int]]:
    """The results as indexes of layers, the lowest first: by the top one, or each by itself."""
    for result in _dicts(record.get("layers"), "results"):
        chain: list[int] = []
        at = _index(result.get("layer"))
        while at != -1:
            if not 0 <= at < len(stack):
                raise _Wrong(f"there is no layer {at}")
            if len(chain) >= _LAYERS:
                raise _Wrong(f"a result has more than {_LAYERS} layers, or they lead in a circle")
            chain.append(at)
            at = stack[at][1]
        yield chain[::-1]
    for result in _dicts(record.get("chains"), "results"):
        listed = result.get("layers")
        chain = [_index(at) for at in listed] if isinstance(listed, list) else []
        if len(chain) > _LAYERS or not all(0 <= at < len(stack) for at in chain):
            raise _Wrong("a result names layers that are not there")
        yield chain


def _inputs(inputs: object) -> tuple[tuple[CacheLink, ...], ...]:
    if not isinstance(inputs, list | None):
        raise _Wrong("the inputs of a record are no list")
    return tuple(
        tuple(
            CacheLink(_index(link.get("link")), str(link.get("selector") or ""))
            for link in _dicts(each, "links")
        )
        for each in inputs or ()
    )


def _refuse_circles(records: list[CacheRecord]) -> None:
    """Take records away that depend on none that is left; what remains leads to itself."""
    above: dict[int, list[int]] = {}
    waiting = []
    for number, record in enumerate(records):
        below = {link.record for links in record.inputs for link in links}
        if any(not links for links in record.inputs) or not all(0 <= at < len(records) for at in below):
            raise _Wrong(f"record {number} has an input that is not there")
        waiting.append(len(below))
        for at in below:
            above.setdefault(at, []).append(number)
    free = [number for number, count in enumerate(waiting) if not count]
    taken = 0
    while free:
        number = free.pop()
        taken += 1
        for at in above.get(number, ()):
            waiting[at] -= 1
            if not waiting[at]:
                free.append(at)
    if taken < len(records):
        raise _Wrong("its records lead in a circle")


def _from_folder(folder: Path, given: Mapping[str, str]) -> _Store:
    """What index.json says the cache is: by digest, else by tag (BuildKit's is `latest`)."""

    def blob(digest: str) -> bytes:
        with (folder / "blobs" / "sha256" / digest.removeprefix("sha256:")).open("rb") as file:
            return _checked(file.read(_LARGEST + 1), digest)

    def manifest(digest: str) -> dict[str, Any]:
        return _document(blob(digest), "the manifest")

    with (folder / "index.json").open("rb") as file:
        index = _document(_bounded(file.read(_LARGEST + 1), "index.json"), "index.json")
    digest, tag = given.get("digest", ""), given.get("tag", "latest")
    for each in _dicts(index.get("manifests")):
        name = _dict(each.get("annotations")).get("org.opencontainers.image.ref.name")
        if digest == each.get("digest") or (not digest and name == tag):
            return _Store(blob, manifest, manifest(_digest(each)))
    raise _Wrong(f"its index.json has no {digest or tag}")


def _from_registry(reference: str) -> _Store:
    match = _REFERENCE.fullmatch(reference)
    if match is None:
        raise _Wrong("this is neither a folder nor the name of something in a registry")
    host, name = match["host"] or "docker.io", match["name"]
    if host == "docker.io":
        host, name = "registry-1.docker.io", name if "/" in name else f"library/{name}"
    registry = Registry(host, name)

    def manifest(name: str) -> dict[str, Any]:
        found = registry.manifest(name)
        if found is None:
            raise _Wrong(f"{host} has no {name}, or shows it to nobody without a login, which is not sent")
        return found[0]

    def blob(digest: str) -> bytes:
        data = registry.blob(digest, _LARGEST + 1)
        if data is None:
            raise _Wrong(f"{host} does not have its {digest}")
        return _checked(data, digest)

    return _Store(blob, manifest, manifest((match["tag"] or ":latest")[1:]))


def _bounded(data: bytes, name: str) -> bytes:
    if len(data) > _LARGEST:
        raise _Wrong(f"its {name} is larger than {_LARGEST >> 20} MiB")
    return data


def _checked(data: bytes, digest: str) -> bytes:
    _bounded(data, digest)
    if hashlib.sha256(data).hexdigest() != digest.removeprefix("sha256:"):
        raise _Wrong(f"its {digest} is truncated or damaged")
    return data


def _document(data: bytes, name: str) -> dict[str, Any]:
    try:
        document = json.loads(data)
    except (ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise _Wrong(f"{name} is damaged")
    return document


def _digest(descriptor: dict[str, Any]) -> str:
    """Of a descriptor. Raises _Wrong for one that could name a file elsewhere."""
    digest = descriptor.get("digest")
    if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
        raise _Wrong("a digest in its manifest is none")
    return digest


def _sizes(descriptors: list[dict[str, Any]]) -> dict[str, int]:
    return {
        _digest(each): size
        for each in descriptors
        if isinstance(size := each.get("size"), int) and not isinstance(size, bool) and size >= 0
    }


def _index(value: object) -> int:
    """An index as Go reads it: 0 when it is not there."""
    if value is None:
        return 0
    if not isinstance(value, int) or isinstance(value, bool):
        raise _Wrong("an index is no number")
    return value


def _dict(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _dicts(value: object, name: str = "entries of its manifest") -> list[dict[str, Any]]:
    """A list of objects; what is not there is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list) or not all(isinstance(item, dict) for item in value):
        raise _Wrong(f"the {name} are not understood")
    return value
