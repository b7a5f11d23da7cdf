"""Which commits change the input of an instruction, and what that makes of a saving."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.context.tree import plant

from jettison.check import check
from jettison.findings import Basis
from jettison.project import Project
from jettison.replay.touched import Touched
from jettison.rules import find_rule
from jettison.rules.changing import Changes, share_kept

FILES = {
    "package.json": '{"name": "x"}',
    "app.js": "1",
    "lib/a.js": "1",
    "docs/a.md": "1",
    ".dockerignore": "docs\nlib/*.tmp\n",
}
HISTORY = Touched(
    10,
    {
        "package.json": 0b0000000011,
        "app.js": 0b0000111100,
        "lib/a.js": 0b0011000000,
        "lib/gone.js": 0b0100000000,
        "lib/gone.tmp": 0b1000000000,
        "docs/a.md": 0b1111111111,
    },
)


def project_of(root: Path, text: str, history: Touched | None = HISTORY) -> Project:
    project = Project(text.encode(), root=plant(root, FILES))
    if history is not None:
        project.once("touched", lambda: history)
    return project


@pytest.mark.parametrize(
    ("line", "commits"),
    [
        ("COPY package.json ./", 0b11),
        ("COPY . .", 0b0111111111),
        ("COPY lib lib", 0b0111000000),
        ("COPY *.js ./", 0b0000111100),
        ("COPY --exclude=*.js lib lib", 0),
        ("COPY docs docs", 0),
        ("ADD app.js package.json ./", 0b0000111111),
        ("ADD https://example.com/x /x", 0),
        ("RUN --mount=type=bind,source=lib,target=/lib2 true", 0b0111000000),
        ("RUN --mount=type=cache,target=/c true", 0),
        ("COPY --from=made /x /x", 0b0011111100),
        ("RUN --mount=type=bind,from=made,target=/m true", 0b0011111100),
        ("COPY --from=alpine /x /x", 0),
        ("ENV A=app.js", 0),
    ],
)
def test_the_commits_that_change_an_instruction(tmp_path: Path, line: str, commits: int) -> None:
    text = f"FROM a AS low\nCOPY app.js /\nFROM low AS made\nCOPY lib/a.js /\nFROM b\n{line}\n"
    project = project_of(tmp_path, text)
    changes = Changes(project, HISTORY)
    assert changes.of(project.dockerfile.stages[2].instructions[0]) == commits
    assert changes.of_base(project.dockerfile.stages[1]) == 0b0000111100


def test_the_share_is_of_commits_that_change_nothing_else_above(tmp_path: Path) -> None:
    project = project_of(tmp_path, "FROM a\nCOPY lib lib\nARG SHA\nCOPY app.js .\nRUN true\n")
    lib, arg, copy, run = project.dockerfile.stages[0].instructions
    assert share_kept(project, run, copy) == 0.4
    assert share_kept(project, run, lib) == 0.3
    assert share_kept(project, run, arg) == 0.3
    assert share_kept(project, run, copy, ["lib/", "app.js"]) == 0


@pytest.mark.parametrize(
    ("rule", "text", "seconds", "known"),
    [
        ("deps-after-source", "FROM node:22\nWORKDIR /app\nCOPY . .\nRUN npm ci\n", 15, 10.5),
        ("volatile-too-early", "FROM node:22\nARG GIT_SHA\nCOPY lib /l\nRUN apt-get update\n", 15, 10.5),
    ],
)
def test_a_known_history_makes_the_saving_a_mean(
    tmp_path: Path, rule: str, text: str, seconds: float, known: float
) -> None:
    (guessed,) = check(project_of(tmp_path, text, None), [find_rule(rule)])
    (counted,) = check(project_of(tmp_path, text), [find_rule(rule)])
    assert guessed.saving.seconds == seconds
    assert (counted.saving.seconds, counted.saving.basis) == (known, Basis.MODELLED)
    assert (guessed.message, guessed.fix) == (counted.message, counted.fix)
