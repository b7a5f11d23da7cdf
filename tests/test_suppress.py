"""Comments that silence findings, in every spelling that is understood."""

from __future__ import annotations

import pytest

from jettison.check import check
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule

RULE = find_rule("shell-form-command")


def codes(text: str) -> list[str]:
    return [finding.code for finding in check(Project(text.encode()), [RULE])]


@pytest.mark.parametrize(
    "comment",
    [
        "# hadolint ignore=DL3025",
        "#hadolint   ignore = DL3008 , dl3025",
        "# hadolint ignore=DL3025 because it is so",
        "# jettison ignore=shell-form-command",
        "# jettison ignore=JT101,JT601 the shell is wanted",
        "# jettison ignore=JSONArgsRecommended",
        "# jettison ignore=all",
        "# check=skip=JSONArgsRecommended",
        "# check=skip=all",
    ],
)
def test_a_comment_silences_the_next_instruction_only(comment: str) -> None:
    assert codes("FROM debian\nCMD top\n") == ["JT601"]
    assert codes(f"FROM debian\n{comment}\nCMD top\n") == []
    assert codes(f"FROM debian\n{comment}\n# more\n\nCMD top\n") == []
    assert codes(f"FROM debian\n{comment}\nRUN true\nCMD top\n") == ["JT601"]
    assert codes(f"FROM debian\nCMD top\n{comment}\n") == ["JT601"]


@pytest.mark.parametrize(
    "comment",
    [
        "# check=skip=JSONArgsRecommended,StageNameCasing",
        "# check=error=true;skip=JSONArgsRecommended",
        "# check=skip=all;error=true",
        "FROM scratch\n# hadolint global ignore=DL3025",
        "FROM scratch\n# jettison ignore-file=JT601 reason",
    ],
)
def test_a_comment_silences_the_whole_file(comment: str) -> None:
    assert codes(f"{comment}\nFROM debian\nRUN true\nCMD top\n") == []


@pytest.mark.parametrize(
    "comment",
    [
        "# hadolint ignore=DL3008",
        "# jettison ignore=JT60",
        "# jettison ignores=JT601",
        "# please hadolint ignore=DL3025",
        "# check=error=true",
        "# check=skip=StageNameCasing",
    ],
)
def test_what_does_not_name_the_rule_silences_nothing(comment: str) -> None:
    assert codes(f"{comment}\nFROM debian\n{comment}\nCMD top\n") == ["JT601"]


def test_skip_all_is_about_build_checks_only() -> None:
    source = b"# check=skip=all\nFROM debian\nBAD\n"
    assert [finding.rule for finding in check(Project(source))] == ["parse-error"]


def test_a_silenced_finding_is_not_fixed() -> None:
    source = b"FROM debian\n# jettison ignore=JT601\nCMD top\n"
    assert not rewrite(Project(source), [RULE]).changed
    assert rewrite(Project(source.replace(b"JT601", b"JT1")), [RULE]).changed
