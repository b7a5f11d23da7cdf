"""Bytes that a later layer stores again are those of the files in the context."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Basis
from jettison.project import Project
from jettison.rules import find_rule

RULE = find_rule("rewritten-file")
MEGABYTES = 2_500_000


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "tool.bin").write_bytes(b"x" * MEGABYTES)
    (tmp_path / "small").write_bytes(b"x")
    return tmp_path


@pytest.mark.parametrize(
    ("lines", "reason"),
    [
        (b"COPY tool.bin /opt/\nRUN chmod 755 /opt/tool.bin\n", "--chmod"),
        (b"COPY . /opt\nWORKDIR /opt\nRUN strip ./tool.bin\n", "builder stage"),
        (b"COPY tool.bin /a\nRUN true\nCOPY tool.bin /a\n", "line 2"),
    ],
)
def test_measured(folder: Path, lines: bytes, reason: str) -> None:
    (finding,) = check(Project(b"FROM debian\n" + lines, root=folder), [RULE])
    assert finding.saving.bytes == MEGABYTES
    assert finding.saving.basis is Basis.MEASURED
    assert reason in (finding.refused or "")


@pytest.mark.parametrize(
    "lines",
    [
        b"COPY small /opt/\nRUN chmod 755 /opt/small\n",
        b"COPY tool.bin /opt/\nRUN chmod -R 755 /opt\n",
        b"COPY tool.bin /opt/\nRUN sed -n p /opt/tool.bin\n",
        b"COPY tool.bin /opt/\nRUN cp /opt/tool.bin /opt/x.bin && strip /opt/x.bin\n",
        b"COPY tool.bin /opt/\nRUN cd /srv && strip tool.bin\n",
        b"COPY tool.bin /a\nCOPY tool.bin /b\n",
    ],
)
def test_what_is_stored_once_is_left_alone(folder: Path, lines: bytes) -> None:
    assert check(Project(b"FROM debian\n" + lines, root=folder), [RULE]) == ()
