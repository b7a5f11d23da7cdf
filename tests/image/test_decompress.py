from __future__ import annotations

import builtins
import gzip
import random
import zlib

import pytest
from backports import zstd
from hypothesis import given
from hypothesis import strategies as st

from jettison.errors import ImageError
from jettison.image.decompress import PIECE, decompressed, is_compressed

COMPRESS = {"gzip": gzip.compress, "zstd": zstd.compress, "plain": bytes}
NOISE = random.Random(1).randbytes(300_000)


def pieces(data: bytes, size: int) -> list[bytes]:
    return [data[at : at + size] for at in range(0, len(data), size)]


@pytest.fixture(params=["isal", "zlib"])
def library(request, monkeypatch):
    if request.param == "zlib":
        real = builtins.__import__

        def without_isal(name, *args, **options):
            if name == "isal":
                raise ImportError(name)
            return real(name, *args, **options)

        monkeypatch.setattr(builtins, "__import__", without_isal)
    return request.param


@pytest.mark.parametrize("form", COMPRESS)
@pytest.mark.parametrize(
    "content", [b"x", bytes(5_000_000), NOISE, NOISE * 10], ids=["x", "zeros", "noise", "more"]
)
@pytest.mark.parametrize("size", [1000, 1 << 18])
def test_what_was_compressed_comes_out(library, form, content, size):
    data = COMPRESS[form](content)
    found = list(decompressed(iter(pieces(data, size))))
    assert b"".join(found) == content
    assert all(len(piece) <= max(PIECE, size) for piece in found), "a bomb must not come out in one piece"


@pytest.mark.parametrize("form", ["gzip", "zstd"])
@pytest.mark.parametrize("size", [1, 7, 1 << 18])
def test_several_members_are_one_stream(library, form, size):
    data = b"".join(COMPRESS[form](content) for content in (b"one", b"", b"two" * 1000))
    assert b"".join(decompressed(iter(pieces(data, size)))) == b"one" + b"two" * 1000


def test_zero_padding_after_gzip_is_passed(library):
    assert b"".join(decompressed(iter([gzip.compress(b"one") + bytes(100), bytes(50)]))) == b"one"


def test_a_skippable_frame_of_zstd_comes_first():
    frame = b"\x50\x2a\x4d\x18" + (4).to_bytes(4, "little") + b"meta"
    assert is_compressed(frame)
    assert b"".join(decompressed(iter([frame + zstd.compress(b"one")]))) == b"one"


@pytest.mark.parametrize("form", ["gzip", "zstd"])
@pytest.mark.parametrize("cut", [12, 1000, 200_000, 299_000])
def test_truncation_is_an_error(library, form, cut):
    data = COMPRESS[form](NOISE)
    with pytest.raises(ImageError, match=r"truncated|damaged"):
        list(decompressed(iter([data[:cut]])))


@pytest.mark.parametrize("form", ["gzip", "zstd"])
def test_damage_is_an_error(library, form):
    data = bytearray(COMPRESS[form](NOISE[:50_000] * 3) if form == "gzip" else zstd.compress(b"text " * 9999))
    data[len(data) // 2] ^= 0xFF
    data[-1] ^= 0xFF
    with pytest.raises(ImageError):
        list(decompressed(iter([bytes(data)])))
    with pytest.raises(ImageError):
        list(decompressed(iter([gzip.compress(b"one") + b"garbage"])))


def test_without_a_library_for_zstd_it_says_so(monkeypatch):
    def missing(name: str) -> None:
        raise ImportError(name)

    monkeypatch.setattr("importlib.import_module", missing)
    with pytest.raises(ImageError) as caught:
        list(decompressed(iter([zstd.compress(b"x")])))
    assert "backports.zstd" in caught.value.hint


@given(
    st.binary(max_size=300), st.sampled_from([b"", b"\x1f\x8b\x08", b"\x28\xb5\x2f\xfd", b"\x50\x2a\x4d\x18"])
)
def test_no_bytes_make_it_fail_otherwise(data, magic):
    try:
        found = b"".join(decompressed(iter([magic + data])))
    except ImageError:
        return
    assert isinstance(found, bytes)
    if not is_compressed(magic + data):
        assert found == magic + data


def test_zlib_and_isal_agree(library):
    data = zlib.compressobj(9, wbits=31)
    stream = data.compress(NOISE * 3) + data.flush()
    assert b"".join(decompressed(iter(pieces(stream, 4096)))) == NOISE * 3
