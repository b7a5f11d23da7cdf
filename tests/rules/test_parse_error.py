"""Dockerfiles that Docker refuses: where the finding stands, and how many there are."""

from __future__ import annotations

from jettison.check import check
from jettison.project import Project
from jettison.rules import find_rule

RULE = find_rule("parse-error")


def test_the_span_is_the_first_line_without_its_line_end() -> None:
    source = b"FROM debian\r\nFOO a \\\r\n  b\r\n"
    (finding,) = check(Project(source), [RULE])
    start, end = finding.span
    assert source[start:end] == b"FOO a \\"


def test_a_file_of_another_kind_gives_three_findings() -> None:
    findings = check(Project(b"FROM debian\n" + b"hello there\n" * 50), [RULE])
    assert len(findings) == 3
    assert findings[-1].message.endswith("47 more follow")


def test_hostile_bytes_are_shown_and_not_raised() -> None:
    (finding,) = check(Project(b"FROM debian\n\x00\xff x\n"), [RULE])
    assert "a NUL byte" in finding.message
