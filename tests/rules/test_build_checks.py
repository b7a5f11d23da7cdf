"""Our rules against what Docker's own build checks say, and the edges of their fixes."""

from __future__ import annotations

import json
import random
import sys
from pathlib import Path

import pytest

from jettison.check import check
from jettison.project import Project
from jettison.rules import all_rules

HERE = Path(__file__).parent
TABLE = json.loads((HERE / "data" / "build-checks.json").read_text())
LABELLED = [each for each in TABLE if each["engine"] is not None]
RULES = {
    each.aliases[0]: each
    for each in all_rules()
    if each.code.startswith("JT6") and each.aliases and each.name != "parse-error"
}
EXPERIMENT = "InvalidDefinitionDescription"


def ours(source: str, names: set[str]) -> list[list[object]]:
    project = Project(source.encode())
    rules = [rule for name, rule in RULES.items() if name in names]
    found = {(f.aliases[0], start_line(project, f.span.start)) for f in check(project, rules)}
    return [list(each) for each in sorted(found)]


def start_line(project: Project, offset: int) -> int:
    instruction = project.dockerfile.at_line(project.dockerfile.position(offset).line)
    return instruction.start_line if instruction is not None else 0


def compared(each: dict) -> tuple[list[list[object]], list[list[object]]]:
    """What the engine and what we say, both by the first line of the instruction."""
    names = set(RULES)
    if "experimental" not in each["source"]:
        names.discard(EXPERIMENT)
    dockerfile = Project(each["source"].encode()).dockerfile
    engine = set()
    for name, line in each["engine"]:
        at = dockerfile.at_line(min(line, dockerfile.source.count(b"\n")))
        if name in names:
            engine.add((name, at.start_line if at is not None else line))
    return [list(e) for e in sorted(engine)], ours(each["source"], names)


@pytest.mark.parametrize("each", LABELLED, ids=lambda each: repr(each["source"])[:60])
def test_we_say_what_docker_says_or_know_why_not(each: dict) -> None:
    engine, own = compared(each)
    assert (engine != own) == bool(each.get("differs")), (engine, own)


def test_docker_and_we_agree() -> None:
    same = [each for each in LABELLED if not each.get("differs")]
    assert len(LABELLED) >= 120
    assert len(same) / len(LABELLED) >= 0.98


@pytest.mark.parametrize("name", sorted(RULES))
def test_each_check_fires_in_some_snippets_and_not_in_most(name: str) -> None:
    fires = [each for each in LABELLED if any(found == name for found, _ in each["engine"])]
    assert 4 <= len(fires) < len(LABELLED) / 2


@pytest.mark.e2e
def test_the_engine_still_says_so() -> None:
    sys.path.insert(0, str(HERE.parents[1] / "tools"))
    from label_build_checks import answer

    for each in random.Random(3).sample(LABELLED, 5):
        assert answer(each["source"]) == each["engine"]
