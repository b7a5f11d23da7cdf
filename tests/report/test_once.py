"""The same bytes are spoken of once and counted once, however many rules see them."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check, shown
from jettison.findings import Finding
from jettison.project import Project
from jettison.report.text import worth_of


@pytest.fixture
def findings(tmp_path: Path):
    def of(text: str) -> tuple[Finding, ...]:
        return check(Project(text.encode(), root=tmp_path))

    return of


def test_a_cache_that_a_mount_takes_out_of_the_layer_is_not_also_left_behind(findings) -> None:
    found = findings("FROM node:22-slim\nRUN npm ci\n")
    assert [f.rule for f in found] == ["missing-cache-mount", "package-cache-left"]
    assert [f.rule for f in shown(found)] == ["missing-cache-mount"]
    assert worth_of(found) == worth_of(found[:1])


def test_without_a_mount_it_is_left_behind(findings) -> None:
    found = findings("FROM python:3.12-slim\nUSER app\nRUN pip install flask\n")
    assert {f.rule: f.fix is None for f in found} == {
        "missing-cache-mount": True,
        "package-cache-left": False,
    }
    assert shown(found) == found


def test_each_run_has_a_cache_of_its_own(findings) -> None:
    found = shown(findings("FROM node:22-slim\nRUN npm ci\nRUN npm install -g serve\n"))
    assert [f.rule for f in found] == ["missing-cache-mount"] * 2


def test_two_ways_to_a_smaller_base_count_once_and_are_both_told(findings) -> None:
    text = 'FROM python:3.11\nCOPY requirements.txt .\nRUN pip install -r requirements.txt\nCMD ["python"]\n'
    found = [f for f in findings(text) if f.about.startswith("the base")]
    assert {"oversized-base"} <= {f.rule for f in found}
    twice = (found[0], found[0])
    assert worth_of(twice) == worth_of(twice[:1])
    assert shown(twice) == twice


def test_bytes_of_other_files_are_other_bytes(tmp_path: Path) -> None:
    source = b"FROM node:22-slim\nRUN npm ci\n"
    one, other = (check(Project(source, path=path, root=tmp_path)) for path in ("a", "b"))
    assert len(shown(one + other)) == 2
    assert worth_of(one + other) != worth_of(one)
