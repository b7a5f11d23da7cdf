"""One layer read: its entries with content hashes, and what it removes from the layers below."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from posixpath import basename, dirname, normpath

from jettison.errors import ImageError
from jettison.image import limits
from jettison.image.model import Entry, LayerFiles, Tree
from jettison.image.stream import ChunkStream
from jettison.image.tar import Member, members

_KINDS = {
    "0": "file",
    "1": "hard link",
    "2": "link",
    "3": "device",
    "4": "device",
    "5": "directory",
    "6": "fifo",
}
_WHITEOUT = ".wh."
_OPAQUE = ".wh..wh..opq"
_ZEROS = memoryview(bytes(1 << 16))


def read_layer(chunks: Iterator[bytes]) -> LayerFiles:
    """What the uncompressed tar in `chunks` says. Raises ImageError when it is damaged or hostile.

    Whiteouts are those of the OCI image specification (layer.md); names of AUFS bookkeeping are passed over.
    """
    whole = hashlib.sha256()
    size = 0

    def counted() -> Iterator[bytes]:
        nonlocal size
        for chunk in chunks:
            size += len(chunk)
            if size > limits.UNCOMPRESSED_BYTES:
                raise limits.refuse("a layer that does not end")
            whole.update(chunk)
            yield chunk

    stream = ChunkStream(counted())
    entries: Tree = {}
    whiteouts: set[str] = set()
    opaque: set[str] = set()
    for member in members(stream):
        path = _path(member.name)
        name = basename(path)
        if not name.startswith(_WHITEOUT):
            if path != "/" or member.type == "5":
                _put(entries, path, _entry(member, stream))
        elif name == _OPAQUE:
            opaque.add(dirname(path))
        elif not name.startswith(".wh..wh."):
            whiteouts.add(_removed(path, name))
        if len(entries) + len(whiteouts) + len(opaque) > limits.ENTRIES:
            raise limits.refuse(f"a layer of more than {limits.ENTRIES} entries")
    _pass_padding(stream)
    return LayerFiles(entries, frozenset(whiteouts), frozenset(opaque), size, f"sha256:{whole.hexdigest()}")


def _path(name: str) -> str:
    """Absolute and clean. A name that climbs out of the image is refused: no engine unpacks it."""
    if len(name) > limits.PATH_BYTES:
        raise limits.refuse(f"a path of {len(name)} characters: {name[:60]}...")
    if ".." in name:
        depth = 0
        for part in name.split("/"):
            depth += -1 if part == ".." else part not in ("", ".")
            if depth < 0:
                raise limits.refuse(f"a path that leaves the image: {name!r}")
    path = normpath(f"/{name}")
    return path[1:] if path.startswith("//") else path


def _removed(path: str, name: str) -> str:
    target = name[len(_WHITEOUT) :]
    if target in ("", ".", ".."):
        raise limits.refuse(f"a whiteout of nothing: {path!r}")
    return f"{dirname(path).rstrip('/')}/{target}"


def _put(entries: Tree, path: str, entry: Entry) -> None:
    """A path named twice in one layer: the later entry replaces the earlier one, in its later place."""
    entries.pop(path, None)
    entries[path] = entry


def _entry(member: Member, stream: ChunkStream) -> Entry:
    kind = _KINDS.get(member.type)
    if kind is None:
        raise ImageError(f"a layer has an entry of unknown type {member.type!r}: {member.name[:80]}")
    link = member.link if kind == "link" else ""
    size, digest = 0, ""
    if kind == "file":
        size, digest = _hashed(member, stream)
    elif kind == "hard link":
        link = _path(member.link)
    elif kind == "device":
        link = f"{'c' if member.type == '3' else 'b'} {member.device[0]}:{member.device[1]}"
    return Entry(kind, member.mode, member.uid, member.gid, size, digest, link, member.xattrs)


def _hashed(member: Member, stream: ChunkStream) -> tuple[int, str]:
    """Length and sha256 of a file's content, holes as the zeros that a reader sees."""
    if member.sparse is None:
        if member.size <= stream.rest():
            return member.size, hashlib.sha256(stream.take(member.size)).hexdigest()
        content = hashlib.sha256()
        stream.feed(member.size, content.update)
        return member.size, content.hexdigest()
    content = hashlib.sha256()
    at = 0
    for offset, count in (*member.sparse.pieces, (member.sparse.length, 0)):
        while at < offset:
            step = min(offset - at, len(_ZEROS))
            content.update(_ZEROS[:step])
            at += step
        stream.feed(count, content.update)
        at += count
    return member.sparse.length, content.hexdigest()


def _pass_padding(stream: ChunkStream) -> None:
    """Read on to the end of the blob, so that the digest covers all of it."""
    start = stream.position
    while stream.take(1 << 16 if stream.rest() >= 1 << 16 else max(stream.rest(), 1)):
        if stream.position - start > limits.TRAILING_BYTES:
            raise limits.refuse("more bytes after the end of a layer than any padding")
