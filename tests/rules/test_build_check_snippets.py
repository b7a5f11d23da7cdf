"""Snippets labelled by the real engine (tools/label_build_checks.py): where we agree, and where not yet."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jettison.check import check
from jettison.project import Project
from jettison.rules import Rule, all_rules

TABLE = json.loads((Path(__file__).parent / "data" / "build-checks.json").read_text())
NAMES = {name for each in TABLE for name, _ in each["engine"]} - {"InvalidDefinitionDescription"}
RULES = {rule: NAMES & set(rule.aliases) for rule in all_rules() if NAMES & set(rule.aliases)}


def differences(source: str, engine: list[list]) -> list[str]:
    """`engine NAME` and `ours NAME` for what only one says, by the first line of the instruction."""
    project = Project(source.encode())
    lines = source.count("\n")

    def start(line: int) -> int:
        instruction = project.dockerfile.at_line(min(line, lines))
        return line if instruction is None else instruction.start_line

    theirs = {(name, start(line)) for name, line in engine if name in NAMES}
    own = {(name, start(line)) for rule in RULES for name, line in said(project, rule)}
    only = [f"engine {name}" for name, _ in theirs - own] + [f"ours {name}" for name, _ in own - theirs]
    return sorted(only)


def said(project: Project, rule: Rule) -> list[tuple[str, int]]:
    found = [project.dockerfile.position(f.span.start).line for f in check(project, [rule])]
    return [(name, line) for name in RULES[rule] for line in found]


@pytest.mark.parametrize("each", TABLE, ids=lambda each: repr(each["source"])[:60])
def test_what_we_say_and_docker_does_not_is_known(each: dict) -> None:
    assert differences(each["source"], each["engine"]) == each.get("differs", [])


def test_most_snippets_agree() -> None:
    assert sum("differs" not in each for each in TABLE) / len(TABLE) > 0.85
