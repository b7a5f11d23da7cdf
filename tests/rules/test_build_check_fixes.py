"""The fixes of the rules that stand for Docker's build checks, on every snippet: what they keep as it is."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Safety
from jettison.project import Project
from jettison.rewrite import Rewrite, rewrite
from jettison.rules import all_rules, find_rule

HERE = Path(__file__).parent
TABLE = json.loads((HERE / "data" / "build-checks.json").read_text())
NAMES = {name for each in TABLE for name, _ in each["engine"]}
RULES = [rule for rule in all_rules() if NAMES & set(rule.aliases)]
LEVELS = (Safety.SAFE, Safety.PROVEN)


def rewritten(source: bytes) -> Rewrite:
    return rewrite(Project(source), RULES, levels=LEVELS)


@pytest.mark.parametrize("crlf", [False, True])
def test_fixes_are_idempotent_and_keep_the_line_ends(crlf: bool) -> None:
    changed = 0
    for each in TABLE:
        source = each["source"].encode()
        source = source.replace(b"\n", b"\r\n") if crlf else source
        result = rewritten(source)
        after = result.after.dockerfile
        assert result.dropped == (), source
        assert len(after.errors) <= len(result.before.dockerfile.errors), source
        assert after.source.count(b"\r") == (after.source.count(b"\n") if crlf else 0), source
        assert not rewrite(result.after, RULES, levels=LEVELS).changed, source
        changed += result.changed
    assert changed > 60


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ENV A 'b c'", "ENV A='b c'"),
        ('ENV A "b" c', 'ENV A="b"\\ c'),
        ("ENV A b\\ c", "ENV A=b\\ c"),
        ("ENV A = b", 'ENV A="= b"'),
        ("ENV A ${B:-c d}", 'ENV A="${B:-c d}"'),
        ("ENV A a\tb", 'ENV A="a\tb"'),
        ("LABEL a b#c", "LABEL a=b#c"),
    ],
)
def test_old_pairs_keep_their_meaning(before: str, after: str) -> None:
    rule = find_rule("legacy-key-value")
    old = Project(f"FROM debian\n{before}\nRUN true\n".encode())
    new = rewrite(old, [rule]).after
    last = [each.dockerfile.instructions[-1] for each in (old, new)]
    assert after in new.dockerfile.source.decode()
    assert new.scope(last[1]).env == old.scope(last[0]).env
    assert check(new, [rule]) == ()


@pytest.mark.e2e
def test_the_engine_says_less_of_what_is_fixed(engine) -> None:
    sys.path.insert(0, str(HERE.parents[1] / "tools"))
    from label_build_checks import answer

    asked = 0
    for each in TABLE[::4]:
        result = rewritten(each["source"].encode())
        if result.changed:
            asked += 1
            after = answer(result.after.dockerfile.source.decode())
            assert after is not None
            assert len(after) <= max(len(each["engine"]) - 1, 0), result.after.dockerfile.source
    assert asked > 15
