from __future__ import annotations

import hashlib
import io
import shutil
import subprocess
import tarfile

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jettison.errors import ImageError
from jettison.image.layer import read_layer
from jettison.image.stream import ChunkStream, FileStream
from jettison.image.tar import members


def in_chunks(data: bytes, size: int) -> ChunkStream:
    return ChunkStream(iter([data[at : at + size] for at in range(0, len(data), size)]))


NAMES = st.text(
    st.characters(exclude_characters="\0", exclude_categories=["Cs"]), min_size=1, max_size=40
).map(lambda text: text.strip("/") or "x") | st.sampled_from(
    ["a/" * 60 + "long", "n" * 99, "n" * 100, "n" * 101, "d/" + "m" * 150, "ü" * 80]
)
TYPES = st.sampled_from([tarfile.REGTYPE, tarfile.SYMTYPE, tarfile.LNKTYPE, tarfile.DIRTYPE, tarfile.CHRTYPE])


@st.composite
def infos(draw: st.DrawFn) -> tuple[tarfile.TarInfo, bytes]:
    info = tarfile.TarInfo(draw(NAMES))
    info.type = draw(TYPES)
    content = draw(st.binary(max_size=1500)) if info.isreg() else b""
    info.size = len(content)
    info.mode = draw(st.integers(0, 0o7777))
    info.uid, info.gid = draw(st.integers(0, 1 << 31)), draw(st.integers(0, 1 << 31))
    info.linkname = draw(NAMES) if info.issym() or info.islnk() else ""
    if info.ischr():
        info.devmajor, info.devminor = draw(st.integers(0, 255)), draw(st.integers(0, 255))
    return info, content


@settings(deadline=None)
@given(
    st.lists(infos(), max_size=6),
    st.sampled_from([tarfile.PAX_FORMAT, tarfile.GNU_FORMAT]),
    st.integers(1, 3000),
)
def test_the_walk_reads_what_the_standard_library_reads(entries, format, size):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=format) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    data = out.getvalue()

    def ours(stream) -> list[tuple[object, ...]]:
        found = []
        for member in members(stream):
            content = bytearray()
            stream.feed(member.size, content.extend)
            fields = (member.type, member.mode, member.uid, member.gid, member.link, member.device)
            found.append((member.name.rstrip("/"), *fields, bytes(content)))
        return found

    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        theirs = [
            (
                *(info.name.rstrip("/"), info.type.decode(), info.mode, info.uid, info.gid, info.linkname),
                (info.devmajor, info.devminor) if info.ischr() else (0, 0),
                archive.extractfile(info).read() if info.isreg() else b"",
            )
            for info in archive
        ]
    assert ours(in_chunks(data, size)) == theirs
    assert ours(FileStream(io.BytesIO(data), len(data))) == theirs


@settings(deadline=None)
@given(st.lists(infos(), max_size=4), st.data())
def test_damage_is_an_error_and_never_anything_else(entries, data):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w", format=tarfile.PAX_FORMAT) as archive:
        for info, content in entries:
            archive.addfile(info, io.BytesIO(content))
    broken = bytearray(out.getvalue())
    for _ in range(data.draw(st.integers(1, 5))):
        broken[data.draw(st.integers(0, len(broken) - 1))] = data.draw(st.integers(0, 255))
    del broken[data.draw(st.integers(0, len(broken))) :]
    try:
        layer = read_layer(iter([bytes(broken)]))
    except ImageError:
        return
    assert all(path.startswith("/") and ".." not in path.split("/") for path in layer.entries)


def header(name: bytes = b"x", size: bytes = b"00000000000\0", type: bytes = b"0", **fields: bytes) -> bytes:
    block = bytearray(512)
    block[: len(name)] = name
    block[100:108], block[108:116], block[116:124] = b"0000644\0", b"0000000\0", b"0000000\0"
    block[124:136] = size
    block[156:157] = type
    block[257:265] = b"ustar\x0000"
    for at, value in fields.items():
        start = int(at.removeprefix("at"))
        block[start : start + len(value)] = value
    block[148:156] = b" " * 8
    block[148:156] = b"%06o\0 " % sum(block)
    return bytes(block)


def walk(data: bytes) -> list[str]:
    return [member.name for member in members(in_chunks(data, 512))]


END = bytes(1024)


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (header()[:300], "truncated"),
        (header(size=b"00000002000\0") + bytes(512), "truncated"),
        (b"x" * 512 + END, "damaged"),
        (header() + bytes(512) + header(), "lone zero block"),
        (header(size=b"\xff" * 12) + END, "negative size"),
        (header(size=b"\x80" + b"\xff" * 11), "truncated"),
        (header(size=b"zzzzzzzzzzz\0") + END, "damaged number"),
        (header(type=b"x", size=b"77777777777\0") + END, "extended header of"),
        (header(type=b"L", size=b"\x80" + bytes(6) + b"\x7f" * 5) + END, "extended header of"),
        (header(type=b"x", size=b"00000000012\0") + b"9999 a=b\n".ljust(512, b"\0") + END, "damaged PAX"),
        (header(type=b"x", size=b"00000000012\0") + b"no digits\n".ljust(512, b"\0") + END, "damaged PAX"),
        (
            header(type=b"x", size=b"00000000014\0") + b"12 size=-1\n\n".ljust(512, b"\0") + header(),
            "damaged PAX",
        ),
        (header(name=b"a", type=b"Q") + END, "unknown type 'Q'"),
        (header(name=b"../../etc/passwd") + END, "leaves the image"),
        (header(name=b"a/../../b") + END, "leaves the image"),
        (header(name=b"d/.wh...") + END, "whiteout of nothing"),
        (header(name=b".wh.") + END, "whiteout of nothing"),
    ],
)
def test_hostile_and_damaged_layers_are_refused(data, message):
    with pytest.raises(ImageError, match=message):
        read_layer(iter([data]))


def test_a_path_without_end_is_refused(build):
    with pytest.raises(ImageError, match="a path of 5000 characters"):
        build.layer({"x" * 5000: b""})


def test_a_header_with_signed_sums_of_old_tars_is_read():
    block = bytearray(header(name=b"\xe4"))
    signed = sum(byte - 256 if byte > 127 else byte for byte in block[:148] + block[156:]) + 8 * 32
    block[148:156] = b"%06o\0 " % signed
    assert walk(bytes(block) + END) == ["\udce4"]


def test_old_names_prefixes_and_types():
    data = header(name=b"name", at345=b"some/prefix") + header(name=b"v7", type=b"\0") + END
    assert walk(data) == ["some/prefix/name", "v7"]
    gnu = header(name=b"name", at257=b"ustar  \0", at345=b"12345670123")
    assert walk(gnu + END) == ["name"], "GNU keeps times where POSIX has the prefix"


def test_content_that_a_link_claims_to_have_is_not_there():
    data = (
        header(name=b"link", size=b"00000002000\0", type=b"2", at157=b"target") + header(name=b"next") + END
    )
    assert walk(data) == ["link", "next"]


def test_a_tar_may_end_without_its_final_blocks():
    assert walk(header()) == ["x"]
    assert walk(header() + bytes(512)) == ["x"]
    assert walk(b"") == []


@pytest.mark.parametrize(
    "options",
    [
        ["--format=gnu"],
        ["--format=posix", "--sparse-version=0.0"],
        ["--format=posix", "--sparse-version=0.1"],
        ["--format=posix", "--sparse-version=1.0"],
    ],
    ids=lambda options: options[-1],
)
@pytest.mark.parametrize("pieces", [3, 40, 900])
def test_sparse_files_read_as_their_content(tmp_path, options, pieces):
    if shutil.which("tar") is None:
        pytest.fail("GNU tar is not installed")
    path = tmp_path / ("long" * 30 if pieces == 40 else "sparse")
    with path.open("wb") as file:
        for number in range(pieces):
            file.seek(number * 65536)
            file.write(b"%d" % number * 1000)
        file.truncate(pieces * 65536 + 12345)
    (tmp_path / "zlast").write_bytes(b"after")
    command = ["tar", "--sparse", *options, "-C", str(tmp_path), "-cf", "-", path.name, "zlast"]
    data = subprocess.run(command, capture_output=True, check=True).stdout
    assert len(data) < path.stat().st_size, "the file system keeps no holes here"
    layer = read_layer(iter([data]))
    entry = layer.entries[f"/{path.name}"]
    assert entry.size == path.stat().st_size
    assert entry.digest == hashlib.sha256(path.read_bytes()).hexdigest()
    assert layer.entries["/zlast"].digest == hashlib.sha256(b"after").hexdigest()


@pytest.mark.parametrize(
    "numbers", [b"1,2,1", b"0,5,3,4", b"0,99999999", b"5,-1", b"0,1", b"99999999999999999999999,1"]
)
def test_a_lying_map_of_holes_is_refused(numbers):
    def record(key: bytes, value: bytes) -> bytes:
        text = b" " + key + b"=" + value + b"\n"
        length = len(text) + 2
        return b"%d" % (length + (len(b"%d" % length) > 2)) + text

    pax = (
        record(b"GNU.sparse.map", numbers)
        + record(b"GNU.sparse.size", b"10")
        + record(b"GNU.sparse.major", b"0")
    )
    data = (
        header(type=b"x", size=b"%011o\0" % len(pax))
        + pax.ljust(512, b"\0")
        + header(size=b"00000000000\0")
        + END
    )
    with pytest.raises(ImageError):
        read_layer(iter([data]))
