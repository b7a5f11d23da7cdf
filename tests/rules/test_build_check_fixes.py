"""The fixes of the rules after Docker's build checks on input that is not nice."""

from __future__ import annotations

import json
import random
from pathlib import Path

import pytest

from jettison.check import check
from jettison.findings import Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import all_rules, find_rule

TABLE = json.loads((Path(__file__).parent / "data" / "build-checks.json").read_text())
SOURCES = [each["source"].encode() for each in TABLE]
RULES = [each for each in all_rules() if "JT602" <= each.code <= "JT649"]


@pytest.mark.parametrize("source", SOURCES, ids=lambda source: repr(source)[:60])
@pytest.mark.parametrize("crlf", [False, True])
def test_fixes_are_idempotent_and_keep_the_line_ends(source: bytes, crlf: bool) -> None:
    source = source.replace(b"\n", b"\r\n") if crlf else source
    result = rewrite(Project(source), RULES, levels=(Safety.SAFE, Safety.PROVEN))
    after = result.after.dockerfile
    assert result.dropped == ()
    assert len(after.errors) <= len(result.before.dockerfile.errors)
    assert after.source.count(b"\r") == (after.source.count(b"\n") if crlf else 0)
    assert not rewrite(result.after, RULES, levels=(Safety.SAFE, Safety.PROVEN)).changed


def test_no_bytes_make_a_rule_fail() -> None:
    chance = random.Random(8)
    pieces = [
        b"\\\n",
        b"\n",
        b"$",
        b"${",
        b":-}",
        b" ",
        b"'",
        b'"',
        b"`",
        b"\xff",
        b"=",
        b"<<EOF\n",
        b"AS",
        b"\t",
    ]
    for source in SOURCES * 3:
        for _ in range(4):
            at = chance.randrange(len(source) + 1)
            source = source[:at] + chance.choice(pieces) + source[at + chance.randrange(3) :]
        check(Project(source), RULES)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("ENV A 'b c'", "ENV A='b c'"),
        ('ENV A "b" c', 'ENV A="b"\\ c'),
        ("ENV A b\\ c", "ENV A=b\\ c"),
        ("ENV A = b", 'ENV A="= b"'),
        ("ENV A ${B:-c d}", 'ENV A="${B:-c d}"'),
        ("LABEL a b#c", "LABEL a=b#c"),
    ],
)
def test_legacy_values_keep_their_meaning(before: str, after: str) -> None:
    old = Project(f"FROM debian\n{before}\nRUN true\n".encode())
    new = rewrite(old, [find_rule("legacy-key-value-format")]).after
    last = [each.dockerfile.instructions[-1] for each in (old, new)]
    assert after in new.dockerfile.source.decode()
    assert new.scope(last[1]).env == old.scope(last[0]).env
    assert check(new, [find_rule("legacy-key-value-format")]) == ()


def test_a_dead_command_goes_with_its_line_only() -> None:
    source = b"FROM debian\n# first\nCMD a \\\n  b\n\n# second\nCMD c"
    after = rewrite(Project(source), [find_rule("multiple-instructions-disallowed")]).after
    assert after.dockerfile.source == b"FROM debian\n# first\n\n# second\nCMD c"
