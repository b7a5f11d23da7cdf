"""Every rule against its case file: findings, exact fixes, idempotence, refusals."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.casefile import Case, read_cases
from jettison.check import check
from jettison.facts.digests import Known
from jettison.findings import Safety
from jettison.project import Project
from jettison.replay.touched import Touched
from jettison.rewrite import rewrite
from jettison.rules import all_rules, find_rule

FOLDER = Path(__file__).parent.parent / "cases"
CASES = [case for file in sorted(FOLDER.glob("*.md")) for case in read_cases(file)]
LEVELS = (Safety.SAFE, Safety.PROVEN)


def project_of(case: Case, folder: Path) -> Project:
    for path, content in case.files.items():
        target = folder / path
        if path.endswith("/"):
            target.mkdir(parents=True, exist_ok=True)
            continue
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content)
    (folder / "Dockerfile").write_bytes(case.source)
    known = {image: Known(digest, "the case") for image, digest in case.digests.items()}
    project = Project(case.source, root=folder, file=folder / "Dockerfile", digest_of=known.get)
    if case.commits:
        touched = Touched(
            max(total for _, total in case.commits.values()),
            {path: _spread(count, total) for path, (count, total) in case.commits.items()},
        )
        assert project.once("touched", lambda: touched) is touched
    return project


def _spread(count: int, total: int) -> int:
    """So many commits of all, evenly."""
    return sum(1 << h for h in range(total) if (h + 1) * count // total > h * count // total)


@pytest.mark.parametrize("case", CASES, ids=lambda c: f"{c.rule}: {c.title}")
def test_case(case: Case, tmp_path: Path) -> None:
    rule = find_rule(case.rule)
    project = project_of(case, tmp_path)
    found = check(project, [rule])
    if case.ok is not None:
        assert found == ()
        assert rewrite(project, [rule], levels=LEVELS).after.dockerfile.source == case.ok
        return
    assert found, "the rule finds nothing"
    assert all(f.rule == case.rule and f.message and f.code == rule.code for f in found)
    result = rewrite(project, [rule], levels=LEVELS)
    assert result.dropped == ()
    if case.refused is not None:
        assert all(f.fix is None and f.refused for f in found)
        assert not result.changed
        return
    assert result.after.dockerfile.source.decode() == (case.good or case.bad).decode()
    assert dict(result.after.files) == case.after
    assert result.changed == (case.good is not None or bool(case.after))
    again = rewrite(result.after, [rule], levels=LEVELS)
    assert not again.changed, "the fix is not idempotent"


def test_every_rule_has_cases() -> None:
    """A rule without a bad case and a case that must be left alone is not tested."""
    for rule in all_rules():
        cases = [case for case in CASES if case.rule == rule.name]
        assert any(case.bad is not None for case in cases), f"{rule.name} has no bad case"
        assert any(case.ok is not None for case in cases), f"{rule.name} has no ok case"


def test_every_case_file_has_a_rule() -> None:
    assert {case.rule for case in CASES} <= {rule.name for rule in all_rules()}


def test_codes_and_names_are_unique() -> None:
    rules = all_rules()
    assert len({rule.code for rule in rules}) == len({rule.name for rule in rules}) == len(rules)


@pytest.mark.parametrize("rule", all_rules(), ids=lambda r: r.name)
def test_rule_documentation_has_its_sections(rule) -> None:
    positions = [
        rule.doc.find(f"\n{section}:")
        for section in ("What", "Why", "How it is fixed", "When not", "References")
    ]
    assert -1 not in positions, rule.doc
    assert positions == sorted(positions)
