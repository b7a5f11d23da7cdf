"""Formats are plug-ins; the built-in ones are found the same way."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from jettison.errors import UsageError
from jettison.report import BUILT_IN, Answer, find_report, report
from jettison.report.style import Style, visible


def test_a_format_of_ones_own(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jettison.report._formats", {})

    @report("shout")
    def shout(answer: Answer, style: Style) -> Iterator[str]:
        yield f"{len(answer.findings)}!"

    assert list(find_report("shout")(Answer("check", ()), Style())) == ["0!"]


def test_a_plug_in_registers_itself_when_it_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("jettison.report._formats", {})
    asked: list[str] = []
    monkeypatch.setattr(
        "jettison.report.load_plugins", lambda kind: (asked.append(kind), report("late")(shy))
    )
    assert find_report("late") is shy
    assert asked == ["report"]


def shy(answer: Answer, style: Style) -> Iterator[str]:
    yield ""


@pytest.mark.parametrize("name", BUILT_IN)
def test_the_built_in_formats_are_there(name: str) -> None:
    assert callable(find_report(name))


def test_an_unknown_format() -> None:
    with pytest.raises(UsageError, match="no format 'nope'"):
        find_report("nope")


def test_visible_leaves_ordinary_text_alone() -> None:
    assert visible("RUN echo 'ü' \t✓") == "RUN echo 'ü' \t✓"
    assert visible("a\r\n\x1b[1m\x7f\u202e\x85") == "a^M\\x0a\\x1b[1m\\x7f\\u202e\\x85"
