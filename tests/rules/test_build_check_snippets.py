"""Snippets labelled by the real engine (tools/label_build_checks.py): where we agree, and why not."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest

from jettison.check import check
from jettison.project import Project
from jettison.rules import Rule, all_rules

HERE = Path(__file__).parent
TABLE = json.loads((HERE / "data" / "build-checks.json").read_text())
NAMES = {name for each in TABLE for name, _ in each["engine"]} - {"InvalidBaseImagePlatform"}
"""The checks that are compared: the one left out asks what platforms an image has, which no rule does."""

EXPERIMENT = "InvalidDefinitionDescription"
"""Docker makes this check only where a directive asks for experiments."""

RULES = {rule: NAMES & set(rule.aliases) for rule in all_rules() if NAMES & set(rule.aliases)}


def differences(source: str, engine: list[list]) -> list[str]:
    """`engine NAME` and `ours NAME` for what only one says, by the first line of the instruction."""
    project = Project(source.encode())
    lines = source.count("\n")
    names = NAMES if "experimental" in source else NAMES - {EXPERIMENT}

    def start(line: int) -> int:
        instruction = project.dockerfile.at_line(min(line, lines))
        return line if instruction is None else instruction.start_line

    theirs = {(name, start(line)) for name, line in engine if name in names}
    own = {(name, start(line)) for rule in RULES for name, line in said(project, rule) if name in names}
    only = [f"engine {name}" for name, _ in theirs - own] + [f"ours {name}" for name, _ in own - theirs]
    return sorted(only)


def said(project: Project, rule: Rule) -> list[tuple[str, int]]:
    found = [project.dockerfile.position(f.span.start).line for f in check(project, [rule])]
    return [(name, line) for name in RULES[rule] for line in found]


@pytest.mark.parametrize("each", TABLE, ids=lambda each: repr(each["source"])[:60])
def test_what_only_one_says_is_known_with_its_reason(each: dict) -> None:
    known = each.get("differs", {})
    assert differences(each["source"], each["engine"]) == sorted(known)
    assert all(known.values())


def test_98_of_100_snippets_agree() -> None:
    assert len(TABLE) >= 200
    assert sum("differs" not in each for each in TABLE) / len(TABLE) >= 0.98


@pytest.mark.parametrize("name", sorted(NAMES))
def test_each_check_speaks_in_some_snippets_and_not_in_most(name: str) -> None:
    speaks = [each for each in TABLE if any(found == name for found, _ in each["engine"])]
    assert 4 <= len(speaks) < len(TABLE) / 2


@pytest.mark.e2e
def test_the_engine_still_says_so(engine) -> None:
    sys.path.insert(0, str(HERE.parents[1] / "tools"))
    from label_build_checks import answer

    for each in random.Random(3).sample(TABLE, 5):
        assert answer(each["source"]) == each["engine"]
