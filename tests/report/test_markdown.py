"""Markdown for pull requests: of every command, and nothing in it that a Dockerfile could smuggle in."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check, shown
from jettison.findings import Basis
from jettison.project import Project
from jettison.proof import Measured, Proof, Result, Timing, Verdict
from jettison.proof.sizes import Sizes
from jettison.report import Answer, find_report
from jettison.report.markdown import escaped
from jettison.report.style import Style
from jettison.rewrite import rewrite

DOCKERFILE = b"FROM debian:12\nRUN apt-get update && apt-get install -y curl\nCMD ./run `<b>|x|\n"


@pytest.fixture
def project(tmp_path: Path) -> Project:
    return Project(DOCKERFILE, root=tmp_path)


def rendered(answer: Answer) -> str:
    return "".join(find_report("markdown")(answer, Style(color=True, terminal=True)))


def table(text: str) -> list[list[str]]:
    """The rows of the first table; a bar that is escaped is no border."""
    rows = [line for line in text.split("\n") if line.startswith("|")]
    return [[cell.strip() for cell in row.replace("\\|", "").strip("|").split("|")] for row in rows]


def test_check(project):
    found = shown(check(project))
    text = rendered(Answer("check", (project,), found))
    rows = table(text)
    assert len(rows) == len(found) + 2
    assert {len(row) for row in rows} == {5}
    assert rows[2][0].startswith("Dockerfile:")
    assert f"**{len(found)} finding" in text
    assert "No findings in 1 Dockerfile." in rendered(Answer("check", (project,)))


def test_fix(project):
    made = rewrite(project)
    assert made.changed
    text = rendered(Answer("fix", (project,), rewrite=made, left=shown(check(made.after))))
    assert len(table(text)) == len(made.changes) + 2
    assert "```diff\ndiff --git a/Dockerfile" in text
    assert "\n+" in text
    assert "\x1b" not in text
    assert "Nothing to change." in rendered(Answer("fix", (project,), rewrite=rewrite(made.after)))


def test_a_fence_is_longer_than_what_is_in_it(tmp_path):
    text = DOCKERFILE + b"# ````` five\n"
    made = rewrite(Project(text, root=tmp_path))
    assert "\n``````diff\n" in rendered(Answer("fix", (), rewrite=made))


def test_a_proof_is_its_table(project):
    image = Measured(Sizes(3_000_000, 9_000_000, 4, Basis.MEASURED), "sha256:b", "", 0)
    proof = Proof(Verdict(Result.PASSED), image, image, timings=(Timing("cold", (2.0,), (1.0,), (1, 1)),))
    text = rendered(Answer("prove", (project,), proof=proof))
    assert ["cold build", "2.0 s", "1.0 s", "2.0x faster"] in table(text)
    assert "- proved: nothing changed" in text
    assert "**Not proved:** no engine" in rendered(Answer("fix", (), unproved="no\nengine"))


def test_nothing_is_obeyed():
    said = escaped("<img src=x> [a](b) *c* `d` # e\n| f @g\x1b[1m")
    assert said == "\\<img src=x\\> \\[a\\](b) \\*c\\* \\`d\\` \\# e \\| f @g\\\\x1b\\[1m"
