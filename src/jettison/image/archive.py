"""Image archives: docker-archive and OCI layout tars, as `docker image save` and `buildx --output type=oci`
write.
"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from posixpath import dirname, normpath
from typing import NamedTuple

from jettison.errors import ImageError
from jettison.findings import Basis
from jettison.image import limits
from jettison.image.decompress import decompressed, is_compressed
from jettison.image.layer import read_layer
from jettison.image.manifest import Parts, find_image
from jettison.image.model import Image, Layer, LayerCache, LayerFiles
from jettison.image.sample import Sample
from jettison.image.stream import FileStream
from jettison.image.tar import members

_CHUNK = 256 << 10


class Blob(NamedTuple):
    """Where a file lies in the archive."""

    offset: int
    size: int


def read_archive(
    path: Path, cache: LayerCache | None = None, *, name: str = "", model_compressed: bool = False
) -> Image:
    """Read an image archive, streaming; nothing is unpacked to disk.

    `name` picks one of several images in the archive (`app:1`). Layers whose digest is in `cache` are not
    read again, new ones are put in. With `model_compressed` the compressed size of a layer that the archive
    holds uncompressed is modelled from a sample of it. Every digest is checked against the bytes. Raises
    ImageError with what is wrong: truncated, damaged, hostile, or no image.
    """
    try:
        with path.open("rb") as file:
            archive = Archive(file.fileno(), _index(file.fileno(), os.fstat(file.fileno()).st_size))
            parts = find_image(archive, name)
            return _assemble(archive, parts, {} if cache is None else cache, model_compressed)
    except OSError as error:
        raise ImageError(f"cannot read the image archive {path}: {error.strerror or error}") from None


class Archive:
    """An open archive: its files by name, read by position, so that threads can share it."""

    def __init__(self, file: int, blobs: dict[str, Blob]) -> None:
        self._file = file
        self.blobs = blobs

    def __contains__(self, name: str) -> bool:
        return name in self.blobs

    def read(self, name: str) -> bytes:
        """A small file, whole. Raises ImageError when there is none or it is too large for what it is."""
        blob = self._blob(name)
        if blob.size > limits.JSON_BYTES:
            raise limits.refuse(f"{name} of {blob.size} bytes")
        return b"".join(self.chunks(name))

    def chunks(self, name: str) -> Iterator[bytes]:
        """A file of any size, in pieces."""
        offset, size = self._blob(name)
        while size:
            data = os.pread(self._file, min(size, _CHUNK), offset)
            if not data:
                raise ImageError("the image archive is truncated", "save the image again")
            yield data
            offset += len(data)
            size -= len(data)

    def size(self, name: str) -> int:
        """Bytes of a file."""
        return self._blob(name).size

    def _blob(self, name: str) -> Blob:
        blob = self.blobs.get(name)
        if blob is None:
            raise ImageError(f"the image archive has no {name[:100]}", "save the image again")
        return blob


def _index(file: int, size: int) -> dict[str, Blob]:
    """Every file of the outer tar. Docker before 25 saves a layer that images share as a symbolic link."""
    head = os.pread(file, 512, 0)
    if is_compressed(head):
        raise ImageError(
            "the image archive is compressed as a whole", "decompress it first: gunzip or zstd -d"
        )
    if head[257:262] != b"ustar":
        raise ImageError("this is no image archive: it is no tar", "docker image save makes one")
    blobs: dict[str, Blob] = {}
    links: dict[str, str] = {}
    with os.fdopen(os.dup(file), "rb") as handle:
        handle.seek(0)
        stream = FileStream(handle, size)
        for member in members(stream):
            name = normpath(member.name).lstrip("/")
            if member.type == "0" and member.sparse is None:
                if member.size > size - stream.position:
                    raise ImageError("the image archive is truncated", "save the image again")
                blobs[name] = Blob(stream.position, member.size)
            elif member.type == "2":
                links[name] = normpath(f"{dirname(name)}/{member.link}")
            elif member.type == "1":
                links[name] = normpath(member.link)
            if len(blobs) + len(links) > limits.MEMBERS:
                raise limits.refuse("more files than any image has blobs")
    for name, target in links.items():
        if target in blobs:
            blobs.setdefault(name, blobs[target])
    return blobs


def _assemble(archive: Archive, parts: Parts, cache: LayerCache, model: bool) -> Image:
    with ThreadPoolExecutor(min(4, os.cpu_count() or 1)) as pool:
        tasks = [pool.submit(_layer, archive, name, cache, model) for name in parts.layers]
        try:
            read = [task.result() for task in tasks]
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            raise
    created = [
        str(item.get("created_by") or item.get("comment") or "")
        for item in parts.history
        if not item.get("empty_layer")
    ]
    created += [""] * len(read)
    layers = []
    for number, (found, text) in enumerate(zip(read, created, strict=False)):
        wanted = parts.diff_ids[number]
        if found.files.diff_id != wanted:
            raise ImageError(
                f"layer {number + 1} of the image is damaged: it has the digest {found.files.diff_id[:19]}, "
                f"the config says {wanted[:19]}",
                "save the image again",
            )
        layers.append(
            Layer(found.digest, wanted, found.compressed, found.files.uncompressed, text, found.basis)
        )
    return Image(parts.digest, parts.config, tuple(layers), tuple(found.files for found in read))


class _Read(NamedTuple):
    digest: str
    compressed: int | None
    basis: Basis
    files: LayerFiles


def _layer(archive: Archive, name: str, cache: LayerCache, model: bool) -> _Read:
    """One layer; the digest that its name gives is checked when it is read, and believed when it is in the
    cache.
    """
    size = archive.size(name)
    plain = not is_compressed(next(archive.chunks(name), b""))
    named = f"sha256:{name.rpartition('/')[2]}" if name.startswith("blobs/sha256/") else ""
    known = cache.get(named)
    if known is None or (plain and model and known.modelled is None):
        named, known = _read_layer(archive, name, named, plain and model)
        cache[named] = known
    if plain:
        return _Read(named, known.modelled if model else None, Basis.MODELLED, known)
    return _Read(named, size, Basis.MEASURED, known)


def _read_layer(archive: Archive, name: str, named: str, model: bool) -> tuple[str, LayerFiles]:
    blob = hashlib.sha256()
    sample = Sample() if model else None

    def hashed() -> Iterator[bytes]:
        for chunk in archive.chunks(name):
            blob.update(chunk)
            if sample is not None:
                sample.add(chunk)
            yield chunk

    files = read_layer(decompressed(hashed()))
    digest = f"sha256:{blob.hexdigest()}"
    if named and digest != named:
        raise ImageError(f"the layer {named[:19]} of the image archive is damaged", "save the image again")
    if sample is not None:
        files = files._replace(modelled=sample.estimate(archive.size(name)))
    return digest, files
