"""`jettison explain`: documentation in the terminal, from docstring and cases."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.casefile import Case
from jettison.report.rulepage import cases_of, explanation, index, page
from jettison.report.style import Style
from jettison.rules import all_rules

CASES = (
    Case(
        "fake", "A pair", "Why so.", bad=b"FROM a\nRUN bad\n", good=b"FROM a\nRUN good\n", files={"x": b"1\n"}
    ),
    Case("fake", "Left", "", ok=b"FROM a\n"),
    Case("fake", "Refused", "", refused=b"FROM b\n"),
    Case("fake", "A file", "", bad=b"FROM c\n", after={".dockerignore": b".git\n"}),
)


def test_without_a_rule_all_are_listed(jettison, rules) -> None:
    ran = jettison("explain")
    assert ran.code == 0
    for rule in rules:
        assert f"{rule.code}  {rule.name} " in ran.out


@pytest.mark.parametrize("name", ["fake-safe", "FAKE-SAFE", "fk001", "DL9001"])
def test_name_code_and_alias(jettison, name: str) -> None:
    ran = jettison("explain", name)
    assert ran.code == 0
    assert ran.out.startswith("fake-safe (FK001); also DL9001, found, not fixed by itself\n\nIt is only here")


def test_an_unknown_rule(jettison) -> None:
    ran = jettison("explain", "fake-saf")
    assert (ran.code, ran.out) == (2, "")
    assert "did you mean fake-safe?" in ran.err


def test_cases_are_shown_as_what_changes(rules) -> None:
    out = "".join(explanation(rules[1], CASES, Style()))
    assert "fixed by jettison" in out
    assert (
        "\nA pair\nWhy so.\n    # beside it: x (1)\n     FROM a\n    -RUN bad\n    +RUN good\n"
        "\nLeft\n    # left alone:\n    FROM a\n"
        "\nRefused\n    # found, and not fixed:\n    FROM b\n"
        "\nA file\n    # found:\n    FROM c\n    # .dockerignore becomes:\n    +.git\n"
    ) in out


def test_the_page_has_headings_and_blocks(rules) -> None:
    made = page(rules[1], CASES)
    assert made.startswith("# fake-safe (FK001)\n\n*fake; fixed by jettison; also DL9001*\n\nIt is only here")
    assert "\n## Why\n\nto see what the command line does with it.\n" in made
    assert "### A pair\n\nWhy so.\n\nFound:\n\n```dockerfile\nFROM a\nRUN bad\n```\n\nFixed:\n" in made
    assert "`.dockerignore` becomes:\n\n```text\n.git\n```\n" in made
    assert "\n\n\n" not in made
    assert "| FK001 | [fake-safe](fake-safe.md) | fake | yes | It is only here" in index([(rules[1], CASES)])


def test_every_real_rule_explains_itself_with_cases(folder: Path) -> None:
    for rule in all_rules():
        cases = cases_of(rule.name)
        assert cases, f"{rule.name} has no cases"
        out = "".join(explanation(rule, cases, Style()))
        for case in cases:
            assert case.title in out
