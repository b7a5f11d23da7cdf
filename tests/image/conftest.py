from __future__ import annotations

import gzip
import hashlib
import io
import json
import tarfile
from collections.abc import Callable, Iterable
from pathlib import Path

import pytest

from jettison.image import read_archive
from jettison.image.layer import read_layer
from jettison.image.model import LayerFiles

Files = dict[str, object]
"""Path to what lies there: bytes a file, None a directory, str a symbolic link, a TarInfo anything else."""


def tar(files: Files | Iterable[tuple[str, object]], format: int = tarfile.PAX_FORMAT) -> bytes:
    """A tar of these files; pairs instead of a dict when a path comes twice."""
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for name, what in files.items() if isinstance(files, dict) else files:
            info = what if isinstance(what, tarfile.TarInfo) else tarfile.TarInfo(name)
            info.name = name
            content = b""
            if isinstance(what, bytes):
                content, info.size, info.mode = what, len(what), 0o644
            elif isinstance(what, str):
                info.type, info.linkname, info.mode = tarfile.SYMTYPE, what, 0o777
            elif what is None:
                info.type, info.mode = tarfile.DIRTYPE, 0o755
            archive.addfile(info, io.BytesIO(content))
    return out.getvalue()


def special(type: bytes, link: str = "", **fields: object) -> tarfile.TarInfo:
    """A member that is neither file, directory nor symbolic link."""
    info = tarfile.TarInfo()
    info.type, info.linkname = type, link
    for name, value in fields.items():
        setattr(info, name, value)
    return info


def digest(data: bytes) -> str:
    return f"sha256:{hashlib.sha256(data).hexdigest()}"


def blob(data: bytes) -> str:
    return f"blobs/sha256/{hashlib.sha256(data).hexdigest()}"


class Layout:
    """An OCI layout that grows; `archive` is its tar."""

    def __init__(self) -> None:
        self.files: Files = {"oci-layout": b'{"imageLayoutVersion": "1.0.0"}'}
        self.index: list[dict[str, object]] = []

    def add(self, data: bytes | object) -> dict[str, object]:
        """Add a blob (JSON of anything but bytes); its descriptor."""
        content = data if isinstance(data, bytes) else json.dumps(data).encode()
        self.files[blob(content)] = content
        return {"digest": digest(content), "size": len(content)}

    def image(
        self,
        *layers: bytes,
        compress: Callable[[bytes], bytes] = gzip.compress,
        name: str = "",
        history: object = (),
        config: object = None,
        architecture: str = "amd64",
    ) -> dict[str, object]:
        """Add an image of these uncompressed layers; the descriptor of its manifest."""
        settings = self.add(
            {
                "architecture": architecture,
                "os": "linux",
                "config": config or {},
                "rootfs": {"type": "layers", "diff_ids": [digest(layer) for layer in layers]},
                "history": list(history),
            }
        )
        manifest = self.add({"config": settings, "layers": [self.add(compress(layer)) for layer in layers]})
        return manifest | ({"annotations": {"io.containerd.image.name": name}} if name else {})

    def archive(self, *manifests: dict[str, object]) -> bytes:
        """The archive whose index lists these manifests."""
        return tar(self.files | {"index.json": json.dumps({"manifests": list(manifests)}).encode()})


def docker_archive(*layers: bytes, tags: Iterable[str] = ("app:1",), names: Iterable[str] = ()) -> bytes:
    """As docker save wrote before 25: layer tars by name, and manifest.json."""
    config = json.dumps(
        {"rootfs": {"diff_ids": [digest(layer) for layer in layers]}, "config": {"Cmd": ["x"]}}
    )
    paths = list(names) or [f"{number}/layer.tar" for number in range(len(layers))]
    manifest = [{"Config": "config.json", "RepoTags": list(tags), "Layers": paths}]
    files = dict(zip(paths, layers, strict=True))
    return tar(files | {"config.json": config.encode(), "manifest.json": json.dumps(manifest).encode()})


@pytest.fixture
def read(tmp_path):
    """A function that reads an archive given as bytes."""

    def from_bytes(data: bytes, *args, **options):
        path = tmp_path / "image.tar"
        path.write_bytes(data)
        return read_archive(path, *args, **options)

    return from_bytes


def layer(files: Files | Iterable[tuple[str, object]], chunk: int = 700) -> LayerFiles:
    """What a layer of these files says, fed in small chunks."""
    data = tar(files)
    return read_layer(data[at : at + chunk] for at in range(0, len(data), chunk))


@pytest.fixture
def build():
    """The builders of this file, for tests to use without imports between test modules."""

    class Build:
        pass

    for each in (tar, special, digest, blob, Layout, docker_archive, layer):
        setattr(Build, each.__name__, staticmethod(each))
    return Build


@pytest.fixture
def folder(tmp_path) -> Path:
    return tmp_path
