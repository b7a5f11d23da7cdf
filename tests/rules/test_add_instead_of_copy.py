"""What ADD unpacks, as the builder tells it: by content, never by name."""

from __future__ import annotations

import bz2
import gzip
import io
import lzma
import tarfile
from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Finding, Safety
from jettison.project import Project
from jettison.rules import find_rule

RULE = find_rule("add-instead-of-copy")


def tar(form: int = tarfile.USTAR_FORMAT) -> bytes:
    data = io.BytesIO()
    with tarfile.open(fileobj=data, mode="w", format=form) as archive:
        archive.addfile(tarfile.TarInfo("a"), io.BytesIO(b""))
    return data.getvalue()


def old_tar() -> bytes:
    """A tar of Unix version 7, which has no magic number."""
    header = bytearray(tar()[:512])
    header[257:265] = bytes(8)
    header[148:156] = b" " * 8
    header[148:155] = b"%06o\0" % sum(header)
    return bytes(header) + bytes(1024)


def found(source: str, folder: Path, **files: bytes) -> tuple[Finding, ...]:
    for name, content in files.items():
        (folder / name).write_bytes(content)
    return check(Project(source.encode(), root=folder), [RULE])


@pytest.mark.parametrize(
    "content",
    [
        gzip.compress(b"a"),
        bz2.compress(b"a"),
        lzma.compress(b"a"),
        b"(\xb5/\xfd\x04\x00",
        b"\x50\x2a\x4d\x18\x00",
        tar(),
        tar(tarfile.GNU_FORMAT),
        tar(tarfile.PAX_FORMAT),
        old_tar(),
    ],
)
def test_archives_by_content(content: bytes, tmp_path: Path) -> None:
    assert found("FROM debian\nADD app /opt/\n", tmp_path, app=content) == ()


@pytest.mark.parametrize(
    "content", [b"", b"#!/bin/sh\n", b"PK\x03\x04", b"\x7fELF" + bytes(600), bytes(1024)]
)
def test_everything_else_is_copied(content: bytes, tmp_path: Path) -> None:
    (finding,) = found("FROM debian\nADD app /opt/\n", tmp_path, app=content)
    assert finding.fix is not None
    assert finding.fix.safety is Safety.SAFE


def test_one_archive_among_the_sources(tmp_path: Path) -> None:
    assert found("FROM debian\nADD a b /opt/\n", tmp_path, a=b"text", b=tar()) == ()


def test_an_archive_in_a_folder_is_not_unpacked(tmp_path: Path) -> None:
    (tmp_path / "files").mkdir()
    (tmp_path / "files" / "a").write_bytes(tar())
    (finding,) = found("FROM debian\nADD files /opt/\n", tmp_path)
    assert finding.fix is not None


def test_a_link_to_an_archive(tmp_path: Path) -> None:
    (tmp_path / "link").symlink_to("app")
    assert found("FROM debian\nADD link /opt/\n", tmp_path, app=tar()) == ()


@pytest.mark.parametrize("name", ["app", "app.bin", "app.gem", "app.jar", "rootfs.layer"])
def test_what_is_made_before_the_build_is_not_known(name: str, tmp_path: Path) -> None:
    """A file that is not there now may be an archive once it is."""
    (finding,) = found(f"FROM debian\nADD {name} /opt/\n", tmp_path)
    assert finding.fix is None
    assert finding.refused


@pytest.mark.parametrize(
    "source",
    [
        "ADD --checksum=sha256:1 app.txt /opt/",
        "ADD --unpack app.txt /opt/",
        "ADD --keep-git-dir app.txt /opt/",
        "ADD https://example.com/app.txt /opt/",
        "ADD git@example.com:a/b /opt/",
        "ADD user@host:a/b /opt/",
        "ADD github.com/a/b /opt/",
        "ONBUILD ADD app.txt /opt/",
        "COPY app.txt /opt/",
    ],
)
def test_nothing_to_say(source: str, tmp_path: Path) -> None:
    assert found(f"FROM debian\n{source}\n", tmp_path) == ()


def test_a_heredoc_is_text(tmp_path: Path) -> None:
    (finding,) = found("FROM debian\nADD <<EOF /opt/a\nADD b c\nEOF\n", tmp_path)
    assert finding.fix is not None
