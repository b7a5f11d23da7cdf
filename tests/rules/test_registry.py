"""Which rules a call gets: by default, by name, by area, and what is imported for it."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jettison.check import select_rules
from jettison.errors import UsageError
from jettison.rules import all_rules, default_rules


def test_a_default_check_imports_no_rule_of_the_optional_area() -> None:
    code = (
        "import sys; from jettison.check import select_rules; select_rules();"
        "assert 'jettison.rules.correctness.parse_error' in sys.modules;"
        "assert not [m for m in sys.modules if m.startswith('jettison.rules.style.')]"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_the_optional_area_is_off_by_default() -> None:
    assert not [each.name for each in all_rules() if each.area == "style" and each.default]
    assert set(default_rules()) == {each for each in all_rules() if each.default}


def test_an_area_selects_its_rules_and_default_the_usual_ones() -> None:
    layers = select_rules(["layers"])
    assert {each.area for each in layers} == {"layers"}
    assert len(layers) > 2
    assert select_rules(["default"]) == default_rules() == select_rules()
    assert set(select_rules(["default", "JT101", "layers"])) == set(default_rules()) | set(layers)


def test_each_rule_runs_once_and_ignore_takes_areas_too() -> None:
    assert len(select_rules(["parse-error", "JT600", "correctness"])) == len(select_rules(["correctness"]))
    assert not [each for each in select_rules(ignore=["layers"]) if each.area == "layers"]


def test_an_unknown_name_is_an_error() -> None:
    with pytest.raises(UsageError, match="no rule 'layer-cake'"):
        select_rules(["layer-cake"])
