"""From the files of an archive to one image: which manifest, which config, which layers."""

from __future__ import annotations

import hashlib
import json
import platform
import re
from collections.abc import Mapping
from typing import Any, NamedTuple, Protocol

from jettison.errors import ImageError
from jettison.image import limits

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
_MACHINES = {"x86_64": "amd64", "aarch64": "arm64", "AMD64": "amd64", "armv7l": "arm"}


class Files(Protocol):
    """Small files of an archive by name."""

    def __contains__(self, name: str) -> bool: ...

    def read(self, name: str) -> bytes:
        """A file, whole. Raises ImageError when there is none."""


class Parts(NamedTuple):
    """What an image is made of. `layers` are names of files in the archive, lowest first."""

    digest: str
    config: Mapping[str, Any]
    layers: tuple[str, ...]
    diff_ids: tuple[str, ...]
    history: tuple[Mapping[str, Any], ...]


def find_image(files: Files, name: str = "") -> Parts:
    """The one image of the archive, or the one called `name`, for this machine's architecture when there are
    several.

    An OCI layout is entered by index.json and left in favour of manifest.json (Docker's own list) when it
    names no image that is whole. Raises ImageError.
    """
    if "index.json" in files:
        found = _Search(files, name)
        found.index(_json(files, "index.json"), 0, "")
        if found.manifests:
            digest = found.choose()
            return _from_manifest(files, digest)
    if "manifest.json" in files:
        return _from_docker(files, name)
    raise ImageError(
        "this is no image archive: it has neither index.json nor manifest.json", "docker image save makes one"
    )


class _Search:
    """Walks the indexes of a layout and gathers the manifests of images whose config is there."""

    def __init__(self, files: Files, name: str) -> None:
        self._files = files
        self._name = name
        self._seen = 0
        self.manifests: dict[str, tuple[str, str]] = {}
        """Digest to (architecture, name)."""

    def index(self, index: dict[str, Any], depth: int, name: str) -> None:
        for item in _objects(index.get("manifests")):
            self._seen += 1
            if self._seen > limits.MEMBERS or depth > 4:
                raise limits.refuse("an index of indexes without end")
            digest = str(item.get("digest") or "")
            notes = _object(item.get("annotations"))
            called = str(
                notes.get("io.containerd.image.name") or notes.get("org.opencontainers.image.ref.name") or ""
            )
            if "vnd.docker.reference.type" in notes or not _DIGEST.fullmatch(digest):
                continue  # an attestation, or nothing that could be found
            if _blob(digest) not in self._files:
                continue  # an archive of one platform lists the others too
            if depth == 0 and self._name and not _is_called(called, self._name):
                continue
            self._enter(digest, depth, called or name)

    def _enter(self, digest: str, depth: int, name: str) -> None:
        manifest = _verified(self._files, digest)
        if "manifests" in manifest:
            self.index(manifest, depth + 1, name)
            return
        config = str(_object(manifest.get("config")).get("digest") or "")
        if _DIGEST.fullmatch(config) and _blob(config) in self._files:
            self.manifests[digest] = (str(_verified(self._files, config).get("architecture") or ""), name)

    def choose(self) -> str:
        if len(self.manifests) > 1:
            here = _MACHINES.get(platform.machine(), platform.machine())
            fitting = [digest for digest, (machine, _) in self.manifests.items() if machine == here]
            if len(fitting) != 1:
                names = ", ".join(
                    sorted({name or digest[:19] for digest, (_, name) in self.manifests.items()})
                )
                raise ImageError(
                    f"the archive holds {len(self.manifests)} images: {names[:200]}", "save one of them"
                )
            return fitting[0]
        return next(iter(self.manifests))


def _from_manifest(files: Files, digest: str) -> Parts:
    manifest = _verified(files, digest)
    config = _verified(files, str(_object(manifest.get("config")).get("digest")))
    layers = []
    for layer in _objects(manifest.get("layers")):
        found = str(layer.get("digest") or "")
        if not _DIGEST.fullmatch(found):
            raise ImageError(f"the image has a layer without a sha256 digest: {found[:60]!r}")
        layers.append(_blob(found))
    return _parts(digest, config, layers)


def _from_docker(files: Files, name: str) -> Parts:
    """docker-archive: manifest.json lists Config, RepoTags and Layers by path (moby image/spec/v1.2)."""
    listed = _objects(_load(files.read("manifest.json"), "manifest.json"))
    if name:
        listed = [
            item for item in listed if any(_is_called(tag, name) for tag in _texts(item.get("RepoTags")))
        ]
    if len(listed) != 1:
        raise ImageError(
            f"the archive holds {len(listed)} images{f' called {name}' if name else ''}", "save one of them"
        )
    path = str(listed[0].get("Config") or "")
    raw = files.read(path)
    config = _object(_load(raw, path))
    digest = f"sha256:{hashlib.sha256(raw).hexdigest()}"
    return _parts(digest, config, _texts(listed[0].get("Layers")))


def _parts(digest: str, config: dict[str, Any], layers: list[str]) -> Parts:
    ids = _texts(_object(config.get("rootfs")).get("diff_ids"))
    if len(ids) != len(layers):
        raise ImageError(
            f"the image has {len(layers)} layers and its config speaks of {len(ids)}", "save it again"
        )
    if len(layers) > limits.LAYERS:
        raise limits.refuse(f"{len(layers)} layers")
    return Parts(digest, config, tuple(layers), tuple(ids), tuple(_objects(config.get("history"))))


def _is_called(tag: str, name: str) -> bool:
    """`app` is `app:latest` is `docker.io/library/app:latest`."""
    wanted = name if ":" in name.rpartition("/")[2] else f"{name}:latest"
    return tag == wanted or tag == f"docker.io/{wanted}" or tag == f"docker.io/library/{wanted}"


def _verified(files: Files, digest: str) -> dict[str, Any]:
    if not _DIGEST.fullmatch(digest):
        raise ImageError(f"the image names something by {digest[:60]!r} instead of a sha256 digest")
    data = files.read(_blob(digest))
    if hashlib.sha256(data).hexdigest() != digest.partition(":")[2]:
        raise ImageError(f"{digest[:19]} in the image archive is damaged", "save the image again")
    return _object(_load(data, digest))


def _blob(digest: str) -> str:
    return f"blobs/sha256/{digest.partition(':')[2]}"


def _json(files: Files, name: str) -> dict[str, Any]:
    return _object(_load(files.read(name), name))


def _load(data: bytes, name: str) -> Any:
    try:
        return json.loads(data)
    except (ValueError, RecursionError):
        raise ImageError(f"{name[:100]} in the image archive is no JSON", "save the image again") from None


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [item for item in value if isinstance(item, dict)] if isinstance(value, list) else []


def _texts(value: object) -> list[str]:
    return [item for item in value if isinstance(item, str)] if isinstance(value, list) else []
