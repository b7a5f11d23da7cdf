"""How far the exec form may be trusted without a build."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Safety
from jettison.project import Project
from jettison.rules import find_rule
from jettison.spans import apply

RULE = find_rule("shell-form-command")
HERE = Path(__file__).parent


@pytest.mark.parametrize(
    ("source", "safety", "field"),
    [
        (b"FROM debian\nCMD sleep 1\n", Safety.SAFE, "Cmd"),
        (b"FROM python:3.12\nRUN true\nCMD python app.py\n", Safety.SAFE, "Cmd"),
        (b"FROM node:22\nCMD node app.js\n", Safety.PROVEN, "Cmd"),
        (b"FROM registry.example.com/x\nCMD sleep 1\n", Safety.PROVEN, "Cmd"),
        (b'FROM debian\nENTRYPOINT ["/init"]\nCMD sleep 1\n', Safety.PROVEN, "Cmd"),
        (b'FROM debian\nSHELL ["/bin/bash", "-c"]\nCMD sleep 1\n', Safety.PROVEN, "Cmd"),
        (b"FROM debian\nENTRYPOINT sleep 1\n", Safety.PROVEN, "Entrypoint"),
        (b'FROM debian AS a\nENTRYPOINT ["/init"]\nFROM a\nCMD sleep 1\n', Safety.PROVEN, "Cmd"),
        (b"FROM debian\nENV P=1\nCMD sleep $P\n", Safety.SUGGEST, ""),
        (b"FROM debian\nCMD cd /app && ./run\n", Safety.SUGGEST, ""),
    ],
)
def test_safety(source: bytes, safety: Safety, field: str) -> None:
    (finding,) = check(Project(source, root=HERE), [RULE])
    assert finding.fix is not None
    assert finding.fix.safety is safety
    assert finding.fix.allows.config == ((field,) if field else ())


@pytest.mark.parametrize(
    "source",
    [
        b"FROM debian\nENTRYPOINT exec sleep $P\n",
        b"FROM debian\nCMD cd /app && exec ./run\n",
        b"FROM debian\nCMD cd /app && ./run || ./repair\n",
        b"FROM debian\nCMD ./helper & ./run\n",
        b"FROM debian\nCMD trap './stop' TERM; ./run\n",
        b"FROM debian\nCMD cd /app && ./run | tee log\n",
        b"FROM debian\nCMD cd /app && FOO=1 ./run\n",
        b"FROM debian\nCMD ./run && wait\n",
        b"FROM debian\nCMD FOO=1 ./run\n",
        b"FROM debian\nCMD . ./env\n",
        b"FROM debian\nENTRYPOINT top -b -d $D\n",
        b'FROM debian\nSHELL ["powershell"]\nCMD Get-Process\n',
        b'FROM debian\nENTRYPOINT ["/init"]\n',
    ],
)
def test_nothing_to_say(source: bytes) -> None:
    assert check(Project(source, root=HERE), [RULE]) == ()


def test_bytes_that_json_cannot_hold() -> None:
    (finding,) = check(Project(b"FROM debian\nCMD echo \xff\n", root=HERE), [RULE])
    assert "not UTF-8" in (finding.refused or "")


def test_where_exec_goes() -> None:
    """Before the last command of the chain, so that those before it still run."""
    source = b"FROM debian\nCMD cd /app; ./prepare && ./run --port $PORT\n"
    (finding,) = check(Project(source, root=HERE), [RULE])
    assert finding.fix is not None
    assert apply(source, finding.fix.edits).endswith(b"CMD cd /app; ./prepare && exec ./run --port $PORT\n")
