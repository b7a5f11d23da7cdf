from __future__ import annotations

import pytest

from jettison.shell import referee

GOOD = ["a && b", "set -eux; a", "cat <<E\nx\nE", "for i in 1; do a; done", "", "! a", "x=$(y)"]
BAD = ["a &&", "if a; then b", "a )", "cat <<E\nx", "'", "a && && b", "done", "a; ;"]


@pytest.fixture(params=["shfmt", "tree-sitter"])
def speaker(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> str:
    if request.param == "tree-sitter":
        monkeypatch.setattr(referee, "which", lambda tool: None)
    return request.param


def test_the_one_who_answers_is_named(speaker: str) -> None:
    assert referee.speaker() == speaker
    complaint = referee.check("a &&")
    assert complaint is not None
    assert complaint.startswith(f"{speaker}: ")
    assert "\n" not in complaint


@pytest.mark.parametrize("text", GOOD)
def test_valid_text_has_no_complaint(speaker: str, text: str) -> None:
    assert referee.check(text) is None
    assert referee.check(text, "bash") is None


@pytest.mark.parametrize("text", BAD)
def test_invalid_text_has_one(speaker: str, text: str) -> None:
    assert referee.check(text) is not None


@pytest.mark.parametrize("text", ["a=(1 2)", "diff <(a) <(b)", "function f { a; }", "a <<<b"])
def test_shfmt_knows_what_only_bash_understands(text: str) -> None:
    assert referee.check(text, "bash") is None
    assert referee.check(text, "posix") is not None


def test_what_was_wrong_before_is_not_held_against_a_change(speaker: str) -> None:
    assert referee.check_change("a &&", "a && && b") is None
    assert referee.check_change("a && b", "a && && b") is not None
    assert referee.check_change("a && b", "a && b && c") is None


@pytest.mark.parametrize(
    ("shell", "dialect"),
    [
        (None, "posix"),
        (("/bin/sh", "-c"), "posix"),
        (("/bin/bash", "-o", "pipefail", "-c"), "bash"),
        (("bash.exe",), "bash"),
        (("/bin/ash",), "posix"),
        (("/bin/ksh",), "mksh"),
    ],
)
def test_dialect_of_a_shell(shell: tuple[str, ...] | None, dialect: str) -> None:
    assert referee.dialect(shell) == dialect
