"""No text makes a rule raise, and no rewrite leaves more errors than there were or work for a second run."""

from __future__ import annotations

import random
import sys
from pathlib import Path

import pytest

from jettison.casefile import read_cases
from jettison.check import check
from jettison.findings import Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import all_rules

sys.path.insert(0, str(Path(__file__).parents[1] / "dockerfile"))

from random_documents import document

LEVELS = (Safety.SAFE, Safety.PROVEN)
FOLDER = Path(__file__).parents[1] / "cases"
CASES = [case.source for file in sorted(FOLDER.glob("*.md")) for case in read_cases(file)]
PIECES = (
    *(b" ", b"\\\n", b"'", b'"', b"$", b"|", b"&&", b";", b"#", b"\xc2\xb2", b"\xff", b"<<EOF\n", b"`"),
    *(b"/", b"-", b"=", b"*", b"\r\n", b"[", b"--from=", b"\0"),
)


def damaged(seed: int) -> bytes:
    """A case's Dockerfile with pieces of others in it, and bytes missing."""
    dice = random.Random(seed)
    data = bytearray(dice.choice(CASES))
    for _ in range(dice.randint(1, 6)):
        kind, at = dice.random(), dice.randrange(len(data) + 1)
        if kind < 0.3:
            del data[at : at + dice.randint(1, 8)]
        elif kind < 0.6:
            data[at:at] = dice.choice(PIECES)
        else:
            other = dice.choice(CASES)
            start = dice.randrange(len(other))
            data[at:at] = other[start : start + dice.randint(1, 40)]
    return bytes(data)


@pytest.mark.parametrize("start", range(0, 400, 50))
def test_random_texts(start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 50):
        check(Project(document(seed) if seed % 4 == 0 else damaged(seed), root=tmp_path), all_rules())


@pytest.mark.parametrize("start", range(0, 60, 20))
def test_rewrites_of_random_texts(start: int, tmp_path: Path) -> None:
    for seed in range(start, start + 20):
        result = rewrite(Project(damaged(seed), root=tmp_path), levels=LEVELS)
        assert len(result.after.dockerfile.errors) <= len(result.before.dockerfile.errors)
        assert not rewrite(result.after, levels=LEVELS).changed, result.before.dockerfile.source


@pytest.mark.parametrize(
    "source",
    [
        b'FROM debian\nWORKDIR w"\nRUN wget -q https://e.com/a_1_amd64.deb && dpkg -i a_1_amd64.deb\n',
        b"FROM debian\nRUN <<EOF\nset -e\napt-get update\napt-get install -y curl\nEOFp\n",
        b"FROM debian\nRUN apt-get update && apt-get install -y curl\nRUN rm -r#f /var/lib/apt/lists/*\n",
        b"FROM debian\nEXPOSE 80/\xffT\n",
        b"FROM debian\nEXPOSE \xc2\xb2\n",
        b"FROM python:3.12-slim\nRUN --mount=type=cache,x=/root/.cache/pip pip install --no-cache-dir a==1\n",
    ],
)
def test_texts_that_once_did(source: bytes, tmp_path: Path) -> None:
    result = rewrite(Project(source, root=tmp_path), levels=LEVELS)
    assert not rewrite(result.after, levels=LEVELS).changed
