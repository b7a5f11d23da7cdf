"""Positions, lines, line ends, and what importing the package costs."""

from __future__ import annotations

import subprocess
import sys

import pytest

from jettison.dockerfile import parse
from jettison.spans import Span


def test_positions_count_lines_and_characters_from_one() -> None:
    source = "FROM é\r\nRUN ü x\n".encode()
    parsed = parse(source)
    assert parsed.position(0) == (1, 1)
    assert parsed.position(source.index(b"\r")) == (1, 7)
    assert parsed.position(source.index(b"x")) == (2, 7)
    assert parsed.position(len(source)) == (3, 1)


def test_a_byte_order_mark_is_no_column() -> None:
    parsed = parse(b"\xef\xbb\xbfFROM a")
    assert parsed.bom
    assert parsed.position(parsed.instructions[0].span.start) == (1, 1)


def test_lines_hold_their_line_end() -> None:
    parsed = parse(b"a\r\n\nb")
    assert [parsed.line_span(n) for n in (1, 2, 3)] == [Span(0, 3), Span(3, 4), Span(4, 5)]
    with pytest.raises(IndexError):
        parsed.line_span(4)
    with pytest.raises(IndexError):
        parsed.line_span(0)


@pytest.mark.parametrize(
    ("source", "newline"),
    [
        (b"", b"\n"),
        (b"a", b"\n"),
        (b"a\n", b"\n"),
        (b"a\r\n", b"\r\n"),
        (b"a\r\nb\r\nc\n", b"\r\n"),
        (b"a\r\nb\n", b"\n"),
    ],
)
def test_newline_is_the_one_most_lines_have(source: bytes, newline: bytes) -> None:
    assert parse(source).newline == newline


def test_at_line() -> None:
    parsed = parse(b"# c\nFROM a\nRUN x \\\n\n y\n\nRUN <<E\nz\nE\n")
    found = [parsed.at_line(n) for n in range(11)]
    assert [i.keyword if i else "" for i in found] == [
        "",
        "",
        "FROM",
        "RUN",
        "RUN",
        "RUN",
        "",
        "RUN",
        "RUN",
        "RUN",
        "",
    ]


def test_text_of_bytes_that_are_not_utf8() -> None:
    assert parse(b"RUN \xff").text(Span(4, 5)) == "\udcff"


def test_import_is_light() -> None:
    code = "import sys; import jettison.dockerfile; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()
    heavy = {
        "asyncio",
        "json",
        "csv",
        "http",
        "urllib",
        "subprocess",
        "tomllib",
        "rich",
        "click",
        "tree_sitter",
        "pathlib",
    }
    assert not heavy & set(loaded)
