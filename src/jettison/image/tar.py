"""Tar headers of layers: v7, ustar, GNU and PAX, as Go's archive/tar reads them (which is what engines unpack
with).

An own walk: the standard library's takes 17 to 23 µs of CPU an entry against 7 µs here (golang's layer
of 13,478 files, Python 3.11), keeps every member in memory, and reads extended headers whole.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from jettison.errors import ImageError
from jettison.image import limits
from jettison.image.stream import Stream, truncated

BLOCK = 512
_ZERO = bytes(BLOCK)
_XATTR = "SCHILY.xattr."


class Member(NamedTuple):
    """One entry of a tar. `size` bytes of content follow in the stream; `holes` says how they lie in a sparse
    file.
    """

    name: str
    """As written, undecodable bytes as surrogates."""
    type: str
    """The type flag: "0" file, "1" hard link, "2" symbolic link, "3" "4" device, "5" directory, "6" fifo."""
    mode: int
    uid: int
    gid: int
    size: int
    link: str
    device: tuple[int, int]
    xattrs: tuple[tuple[str, bytes], ...]
    sparse: Sparse | None


class Sparse(NamedTuple):
    """A file with holes: its length, and (offset, length) of the pieces stored one after the other."""

    length: int
    pieces: tuple[tuple[int, int], ...]


def members(stream: Stream) -> Iterator[Member]:
    """Every entry, in order. What the caller leaves of an entry's content is skipped.

    Raises ImageError for a broken header, a truncated stream, and headers beyond the limits.
    """
    shared: dict[str, str] = {}
    extended: dict[str, str] = {}
    while True:
        block = stream.take(BLOCK)
        if not block:
            return
        if block == _ZERO:
            second = stream.take(BLOCK)
            if second and second != _ZERO:
                raise ImageError("a tar in the image archive has a lone zero block in its middle")
            return
        _verify(block)
        type = chr(block[156])
        if type in "xgLK":
            _special(type, _content(stream, _size(block)), shared, extended)
            continue
        member, end = _member(block, type, {**shared, **extended}, stream)
        extended = {}
        yield member
        stream.skip(end - stream.position)


def _verify(block: bytes) -> None:
    """Header checksum: the sum of all bytes, the field itself as spaces, unsigned or (old tars) signed."""
    claimed = _number(block[148:156])
    total = sum(block) - sum(block[148:156]) + 8 * 32
    if claimed == total:
        return
    signed = total - 256 * sum(byte > 127 for byte in block[:148] + block[156:])
    if claimed != signed:
        raise ImageError("a tar in the image archive has a damaged header", "save the image again")


def _number(field: bytes) -> int:
    """Octal text, or base 256 when the first bit is set (GNU, for what octal cannot hold)."""
    if field[0] & 0x80:
        value = int.from_bytes(field, "big") & ((1 << (8 * len(field) - 1)) - 1)
        return value - (1 << (8 * len(field) - 1)) if field[0] & 0x40 and field[0] == 0xFF else value
    text = field.strip(b" \0").partition(b"\0")[0]
    try:
        return int(text, 8) if text else 0
    except ValueError:
        raise ImageError(f"a tar in the image archive has a damaged number: {text[:12]!r}") from None


def _size(block: bytes) -> int:
    size = _number(block[124:136])
    if size < 0:
        raise limits.refuse("an entry of negative size")
    return size


def _content(stream: Stream, size: int) -> bytes:
    if size > limits.SPECIAL_BYTES:
        raise limits.refuse(f"an extended header of {size} bytes")
    data = stream.take(size)
    if len(data) < size:
        raise truncated()
    stream.skip(-size % BLOCK)
    return data


def _special(type: str, data: bytes, shared: dict[str, str], extended: dict[str, str]) -> None:
    if type == "L":
        extended["path"] = _text(data)
    elif type == "K":
        extended["linkpath"] = _text(data)
    else:
        into = shared if type == "g" else extended
        for key, value in _records(data):
            if key in (
                "GNU.sparse.offset",
                "GNU.sparse.numbytes",
            ):  # GNU's first form: one record for each number
                into["GNU.sparse.map"] = f"{into.get('GNU.sparse.map', '')}{value},"
            else:
                into[key] = value


def _records(data: bytes) -> Iterator[tuple[str, str]]:
    """PAX records: `LENGTH KEY=VALUE\\n`, LENGTH counting itself."""
    at = 0
    while at < len(data):
        space = data.find(b" ", at, at + 20)
        digits = data[at:space]
        if space < 0 or not digits.isdigit():
            raise ImageError("a tar in the image archive has a damaged PAX header")
        end = at + int(digits)
        key, equals, value = data[space + 1 : end - 1].partition(b"=")
        if not equals or end > len(data) or data[end - 1 : end] != b"\n":
            raise ImageError("a tar in the image archive has a damaged PAX header")
        yield key.decode("utf-8", "replace"), value.decode("utf-8", "surrogateescape")
        at = end


def _member(block: bytes, type: str, pax: Mapping[str, str], stream: Stream) -> tuple[Member, int]:
    """The entry, and the position in the stream where the next header stands."""
    size = _decimal(pax["size"]) if "size" in pax else _size(block)
    if type in "123456":
        size = 0  # as Go's archive/tar: these have no content, whatever the header says
    sparse = None
    name = pax.get("path") or _name(block)
    if type == "S" or "GNU.sparse.map" in pax or "GNU.sparse.major" in pax:
        sparse, end = _sparse(block, type, pax, size, stream)
        name = pax.get("GNU.sparse.name") or name
    else:
        end = stream.position + size + -size % BLOCK
    return (
        Member(
            name,
            "0" if type in "\x007S" else type,
            _number(block[100:108]) & 0o7777,
            _decimal(pax["uid"]) if "uid" in pax else _number(block[108:116]),
            _decimal(pax["gid"]) if "gid" in pax else _number(block[116:124]),
            sum(length for _, length in sparse.pieces) if sparse else size,
            pax.get("linkpath") or _text(block[157:257]),
            (_number(block[329:337]), _number(block[337:345])) if type in "34" else (0, 0),
            _xattrs(pax),
            sparse,
        ),
        end,
    )


def _xattrs(pax: Mapping[str, str]) -> tuple[tuple[str, bytes], ...]:
    found = [(key[len(_XATTR) :], value) for key, value in pax.items() if key.startswith(_XATTR)]
    return tuple(sorted((key, value.encode("utf-8", "surrogateescape")) for key, value in found))


def _name(block: bytes) -> str:
    """ustar puts what is too long for the name field into a prefix; GNU uses those bytes for other things."""
    name = _text(block[:100])
    prefix = _text(block[345:500]) if block[257:263] == b"ustar\0" else ""
    return f"{prefix}/{name}" if prefix else name


def _text(field: bytes) -> str:
    return field.partition(b"\0")[0].decode("utf-8", "surrogateescape")


def _decimal(text: str) -> int:
    if not text.isdecimal() or len(text) > 20:
        raise ImageError(f"a tar in the image archive has a damaged PAX number: {text[:20]!r}")
    return int(text)


def _sparse(block: bytes, type: str, pax: Mapping[str, str], size: int, stream: Stream) -> tuple[Sparse, int]:
    """The three forms that GNU tar knows (its manual, "Storing Sparse Files"): old GNU, PAX 0.1, PAX 1.0."""
    if type == "S":
        length, numbers = _number(block[483:495]), _old_map(block, stream)
        end = stream.position + size + -size % BLOCK
    else:
        end = stream.position + size + -size % BLOCK
        length = _decimal(pax.get("GNU.sparse.realsize") or pax.get("GNU.sparse.size") or "0")
        if "GNU.sparse.map" in pax:
            numbers = [_decimal(number) for number in pax["GNU.sparse.map"].split(",") if number]
        else:
            numbers = _map_in_content(stream)
    pieces = tuple(zip(numbers[::2], numbers[1::2], strict=False))
    at = 0
    for offset, count in pieces:
        if offset < at or count < 0 or offset + count > length:
            raise ImageError("a tar in the image archive has a damaged map of a sparse file")
        at = offset + count
    if stream.position + sum(count for _, count in pieces) > end or length > limits.UNCOMPRESSED_BYTES:
        raise ImageError("a tar in the image archive has a damaged map of a sparse file")
    return Sparse(length, pieces), end


def _old_map(block: bytes, stream: Stream) -> list[int]:
    numbers = [_number(block[at : at + 12]) for at in range(386, 482, 12)]
    more = block[482]
    while more and len(numbers) * 12 < limits.SPECIAL_BYTES:
        block = stream.take(BLOCK)
        if len(block) < BLOCK:
            raise truncated()
        numbers += [_number(block[at : at + 12]) for at in range(0, 504, 12)]
        more = block[504]
    # unused pairs at the end are zero; a pair (length, 0) marks a hole at the end
    while len(numbers) >= 2 and numbers[-2:] == [0, 0]:
        del numbers[-2:]
    return numbers


def _map_in_content(stream: Stream) -> list[int]:
    """PAX 1.0: decimal numbers, one a line, the count of pairs first, padded to a block."""
    text, lines, wanted = b"", 0, 1
    while lines < wanted:
        block = stream.take(BLOCK)
        text += block
        if len(block) < BLOCK or len(text) > limits.SPECIAL_BYTES:
            raise truncated()
        lines = text.count(b"\n")
        if lines:
            wanted = 1 + 2 * _decimal(text.partition(b"\n")[0].decode("latin-1"))
    return [_decimal(line.decode("latin-1")) for line in text.split(b"\n")[1:wanted]]
