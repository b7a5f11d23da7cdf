"""BuildKit's line rules, one row per rule: what is found, and on which lines."""

from __future__ import annotations

import pytest
from go_oracle import compare

from jettison.dockerfile import parse

RULES = {
    "one line": (b"FROM a\n", [("FROM", 1, 1, "a")]),
    "missing final newline": (b"FROM a", [("FROM", 1, 1, "a")]),
    "keyword alone": (b"RUN\n", [("RUN", 1, 1, "")]),
    "blanks before and after": (b" \t FROM  a \t\n", [("FROM", 1, 1, "a")]),
    "unicode blanks around": ("\u00a0FROM a\u2003\n".encode(), [("FROM", 1, 1, "a")]),
    "any case": (b"from a\nRun x\n", [("FROM", 1, 1, "a"), ("RUN", 2, 2, "x")]),
    "byte order mark": (b"\xef\xbb\xbfFROM a\n", [("FROM", 1, 1, "a")]),
    "crlf": (b"FROM a\r\nRUN x\r\n", [("FROM", 1, 1, "a"), ("RUN", 2, 2, "x")]),
    "lone carriage return is a blank": (b"RUN\rx\n", [("RUN", 1, 1, "x")]),
    "comments and blank lines between": (
        b"# c\n\nFROM a\n  # d\n\nRUN x\n",
        [("FROM", 3, 3, "a"), ("RUN", 6, 6, "x")],
    ),
    "hash inside is no comment": (b"RUN a # b\n", [("RUN", 1, 1, "a # b")]),
    "continuation": (b"RUN a \\\n  b\n", [("RUN", 1, 2, "a   b")]),
    "continuation in the middle of a word": (b"RUN ab\\\ncd\n", [("RUN", 1, 2, "abcd")]),
    "blanks after the escape": (b"RUN a \\ \t\n b\n", [("RUN", 1, 2, "a  b")]),
    "crlf continuation": (b"RUN a \\\r\n b\r\n", [("RUN", 1, 2, "a  b")]),
    "two escapes do not continue": (b"RUN a \\\\\nRUN b\n", [("RUN", 1, 1, "a \\\\"), ("RUN", 2, 2, "b")]),
    "three escapes do not either": (
        b"RUN a \\\\\\\nRUN b\n",
        [("RUN", 1, 1, "a \\\\\\"), ("RUN", 2, 2, "b")],
    ),
    "comment in a continuation": (b"RUN a \\\n# c\n  # d\n b\n", [("RUN", 1, 4, "a  b")]),
    "comment that ends in the escape": (b"RUN a \\\n# c \\\n b\n", [("RUN", 1, 3, "a  b")]),
    "blank lines in a continuation": (b"RUN a \\\n\n \t\n b\n", [("RUN", 1, 4, "a  b")]),
    "continuation at the end of the file": (b"RUN a \\", [("RUN", 1, 1, "a")]),
    "continuation into nothing but comments": (b"RUN a \\\n# c\n\n", [("RUN", 1, 3, "a")]),
    "continued keyword": (b"RU\\\nN a\n", [("RUN", 1, 2, "a")]),
    "continuation before the keyword": (b"\\\nRUN a\n", [("RUN", 1, 2, "a")]),
    "continuation of nothing": (b"\\\n\n", [("", 1, 2, "")]),
    "escape directive": (
        b"# escape=`\nRUN a `\n b\\\nRUN c\n",
        [("RUN", 2, 3, "a  b\\"), ("RUN", 4, 4, "c")],
    ),
    "escape directive after a comment": (b"# c\n# escape=`\nRUN a \\\n b\n", [("RUN", 3, 4, "a  b")]),
    "escape directive after a blank line": (b"\n# escape=`\nRUN a \\\n b\n", [("RUN", 3, 4, "a  b")]),
    "escape directive after another": (b"#syntax = x\n# ESCAPE = `\nRUN a `\nb\n", [("RUN", 3, 4, "a b")]),
    "unknown instruction": (b"FOO --x bar\n", [("FOO", 1, 1, "bar")]),
    "heredoc": (b"RUN <<EOF\na\nEOF\nRUN b\n", [("RUN", 1, 3, "<<EOF"), ("RUN", 4, 4, "b")]),
    "instructions in a heredoc": (b"RUN <<E\nFROM x\n# c\n\nE\n", [("RUN", 1, 5, "<<E")]),
    "heredoc after a continuation": (b"RUN a \\\n <<E\nx\nE\n", [("RUN", 1, 4, "a  <<E")]),
    "heredoc in crlf": (b"RUN <<E\r\nx\r\nE\r\nRUN b", [("RUN", 1, 3, "<<E"), ("RUN", 4, 4, "b")]),
    "two heredocs": (
        b"COPY <<A <<B /d\n1\nA\n2\nB\nRUN x\n",
        [("COPY", 1, 5, "<<A <<B /d"), ("RUN", 6, 6, "x")],
    ),
    "heredoc without an end": (b"RUN <<E\nRUN x\n", [("RUN", 1, 2, "<<E")]),
    "no heredoc in other instructions": (b"CMD <<E\nRUN x\n", [("CMD", 1, 1, "<<E"), ("RUN", 2, 2, "x")]),
    "no heredoc in an exec form": (
        b'RUN ["a", "<<E"]\nRUN x\n',
        [("RUN", 1, 1, '["a", "<<E"]'), ("RUN", 2, 2, "x")],
    ),
    "here-string": (b"RUN a <<<E\nRUN x\n", [("RUN", 1, 1, "a <<<E"), ("RUN", 2, 2, "x")]),
    "shift": (b"RUN echo $((1<<4))\nRUN x\n", [("RUN", 1, 1, "echo $((1<<4))"), ("RUN", 2, 2, "x")]),
    "quoted": (b'RUN echo "a <<E"\nRUN x\n', [("RUN", 1, 1, 'echo "a <<E"'), ("RUN", 2, 2, "x")]),
    "heredoc in ONBUILD": (
        b"ONBUILD RUN <<E\nx\nE\nRUN y\n",
        [("ONBUILD", 1, 3, "RUN <<E"), ("RUN", 4, 4, "y")],
    ),
}

NEWER_THAN_THE_ORACLE = {
    "blank before the name": (
        b"RUN cat << E\nx\nE\nRUN y\n",
        [("RUN", 1, 3, "cat << E"), ("RUN", 4, 4, "y")],
    ),
    "shift with blanks": (
        b"RUN a $((1 << 4))\nRUN x\n",
        [("RUN", 1, 1, "a $((1 << 4))"), ("RUN", 2, 2, "x")],
    ),
    "heredoc after an array": (b'RUN ["a"] <<E\nx\nE\n', [("RUN", 1, 3, '["a"] <<E')]),
    "escaped blank in a flag": (b"# escape=`\nRUN --a=b` c d\n", [("RUN", 2, 2, "d")]),
}


@pytest.mark.parametrize(
    ("source", "expected"), (RULES | NEWER_THAN_THE_ORACLE).values(), ids=RULES | NEWER_THAN_THE_ORACLE
)
def test_instructions_and_their_lines(source: bytes, expected: list[tuple[str, int, int, str]]) -> None:
    found = parse(source).instructions
    assert [(i.keyword, i.start_line, i.end_line, i.args) for i in found] == expected


@pytest.mark.parametrize("source", [source for source, _ in RULES.values()], ids=RULES)
def test_buildkit_reads_the_same(source: bytes) -> None:
    verdict = compare(source)
    assert verdict.strict, verdict.detail
    assert not verdict.excuse


@pytest.mark.parametrize(
    ("source", "keyword", "text"),
    [
        (b"FROM a\nRUN x\n", "RUN", b"RUN x"),
        (b"FROM a\nRUN x\r\n", "RUN", b"RUN x"),
        (b"  RUN x", "RUN", b"RUN x"),
        (b"RUN x \\\n# c\n y\n", "RUN", b"RUN x \\\n# c\n y"),
        (b"RUN <<E\na\nE\n# c\n", "RUN", b"RUN <<E\na\nE"),
        (b"RUN x \\\n\n", "RUN", b"RUN x \\\n"),
        (b"RUN <<E\na\n", "RUN", b"RUN <<E\na"),
    ],
)
def test_span_runs_from_the_keyword_to_the_last_byte(source: bytes, keyword: str, text: bytes) -> None:
    found = next(i for i in parse(source).instructions if i.keyword == keyword)
    assert source[found.span.start : found.span.end] == text


def test_comments_are_found_everywhere_but_in_heredocs() -> None:
    source = b"# escape=\\\n# one\nRUN a \\\n  # two\n b # no\nRUN <<E\n# no\nE\n#three"
    assert [(c.text, source[c.span.start : c.span.end]) for c in parse(source).comments] == [
        ("one", b"# one"),
        ("two", b"# two"),
        ("three", b"#three"),
    ]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (b"#syntax=docker/dockerfile:1\n", [("syntax", "docker/dockerfile:1")]),
        (
            b"\xef\xbb\xbf  #  SYNTAX = a b \r\n# check=skip=all;error=true\nFROM x",
            [("syntax", "a b"), ("check", "skip=all;error=true")],
        ),
        (b"# nothing\n# syntax=x\n", []),
        (b"# unknown=x\n# syntax=x\n", []),
        (b"\n# syntax=x\n", []),
        (b"FROM a\n# syntax=x\n", []),
        (b"# syntax=\n", []),
        (b"# escape=`\n# escape=\\\n", [("escape", "`"), ("escape", "\\")]),
    ],
)
def test_directives(source: bytes, expected: list[tuple[str, str]]) -> None:
    found = parse(source).directives
    assert [(d.name, d.value) for d in found] == expected
    assert all(source[d.span.start : d.span.start + 1] == b"#" for d in found)


def test_the_escape_character_is_known() -> None:
    assert parse(b"FROM a").escape == "\\"
    assert parse(b"# escape=`\nFROM a").escape == "`"
    assert parse(b"# escape=x\nFROM a").escape == "\\"
