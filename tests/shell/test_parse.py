from __future__ import annotations

import subprocess
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from jettison.dockerfile import parse
from jettison.shell import parse_run, parse_text
from jettison.shell.words import unquote

from .reading import said, script_of

SAID = [
    ("RUN a b && c", ["a b", "c"]),
    ("RUN a \\\n  b \\\n  # no command here && x\n\n  && c", ["a b", "c"]),
    ("RUN a \\\r\n  b \\\r\n  && c\r\n", ["a b", "c"]),
    ("# escape=`\nRUN a `\n  b && c \\d", ["a b", "c \\d"]),
    ("RUN ap\\\nt-get upd\\\nate", ["apt-get update"]),
    ("RUN --mount=type=cache,target=/x --network=none a b", ["a b"]),
    ("ONBUILD RUN a && b", ["a", "b"]),
    ("HEALTHCHECK --interval=5s CMD curl -f x || exit 1", ["curl -f x", "exit 1"]),
    ("CMD exec a b", ["a b"]),
    ('RUN ["a", "b c"]', ["a b c"]),
    ("RUN echo 'apt-get install -y foo' > doc", ["echo 'apt-get install -y foo'"]),
    ("RUN <<EOF\napt-get update\napt-get install x\nEOF\n", ["apt-get update", "apt-get install x"]),
    ("RUN <<-EOF\n\ta\n\tb c\n\tEOF\n", ["a", "b c"]),
    ("RUN cat <<EOF > f && b\napt-get install x\n$(rm -rf /)\nEOF\n", ["cat", "b"]),
    ("RUN bash <<'EOF'\napt-get install x\nEOF\n", ["bash"]),
    ("RUN 3<<A a <<B b\nx\nA\ny\nB\n", ["a b"]),
    ("RUN <<EOF\ncat <<IN >f\nrm x\nIN\nb\nEOF\n", ["cat", "b"]),
    ("RUN <<EOF\n#!/bin/bash\na\nEOF\n", ["a"]),
    ("RUN <<EOF\n#!/usr/bin/env bash\na\nEOF\n", ["a"]),
    ("RUN a >f b 2>&1 c <d e", ["a b c e"]),
    ("RUN X=1 Y=$(z) a", ["a", "z"]),
    ('RUN a "$(b "$(c d)")" `e`', ['a "$(b "$(c d)")" `e`', 'b "$(c d)"', "c d", "e"]),
    ("RUN diff <(a) <(b)", ["diff <(a) <(b)", "a", "b"]),
    ("RUN for x in 1; do for y in 2; do a; done done && b", ["a", "b"]),
    ("RUN a 'ü ß' é | b", ["a 'ü ß' é", "b"]),
    ("RUN sudo -u root env -i A=b nice -n 5 apt-get update", ["apt-get update"]),
]


@pytest.mark.parametrize(("source", "commands"), SAID)
def test_commands_of_a_run(source: str, commands: list[str]) -> None:
    script = script_of(source)
    assert script.ok, script.reason
    assert said(script) == commands


REFUSED = [
    ("RUN <<EOF\n#!/usr/bin/env python3\nprint(1)\nEOF\n", "a script for python3"),
    ("RUN <<EOF\n#!/usr/bin/perl -w\nprint 1\nEOF\n", "a script for perl"),
    ("RUN <<EOF\r\na\r\nEOF\r\n", "carriage returns"),
    ("RUN if a; then b", "not understood near `if a"),
    ("RUN a && \\ b", "not understood near `\\ b`"),
    ("RUN echo 'open", "not understood"),
    ("RUN a )", "not understood"),
    ("RUN a ;; b", "not understood near `;; b`"),
    ("RUN a { [y]", "not understood near `{ [y]`"),
    ("RUN ! { a; b; }", "not understood near `{ a; b; }`"),
    ("RUN time { a; }", "not understood near `time { a; }`"),
    ("RUN x && done", "not understood"),
]


@pytest.mark.parametrize(("source", "reason"), REFUSED)
def test_what_is_not_understood_says_why(source: str, reason: str) -> None:
    script = script_of(source)
    assert not script.ok
    assert reason in script.reason
    assert script.commands == script.top == script.items == ()


def test_another_shell_is_not_read() -> None:
    assert "powershell" in script_of("RUN a", ("powershell.exe", "-Command")).reason
    assert script_of("RUN a", ("C:\\Program Files\\Git\\bin\\bash.exe", "-c")).ok


@pytest.mark.parametrize(
    ("shell", "errexit", "pipefail"),
    [
        (None, False, False),
        (("/bin/sh", "-c"), False, False),
        (("/bin/bash", "-eo", "pipefail", "-c"), True, True),
        (("/bin/bash", "-o", "pipefail", "-ec"), True, True),
        (("/bin/ash", "-euxc"), True, False),
    ],
)
def test_options_of_the_shell_count(shell: tuple[str, ...] | None, errexit: bool, pipefail: bool) -> None:
    script = script_of("RUN a", shell)
    assert (script.errexit, script.pipefail) == (errexit, pipefail)


def test_the_form_tells_how_the_text_reaches_the_shell() -> None:
    assert script_of("RUN a").form == "shell"
    assert script_of("RUN <<E\na\nE\n").form == "heredoc"
    assert script_of("RUN cat <<E\na\nE\n").form == "shell"
    assert script_of('RUN ["a"]').form == "json"


def test_words_of_a_shell_in_exec_form_are_one_argument() -> None:
    script = script_of('RUN ["sh", "-c", "apt-get install x && b"]')
    assert said(script) == ["sh -c apt-get install x && b"]
    assert script.commands[0].words[2].text == "apt-get install x && b"


@pytest.mark.parametrize(("source", "commands"), SAID)
def test_the_bytes_of_every_word_are_its_value(source: str, commands: list[str]) -> None:
    dockerfile = parse(source.encode())
    for command in script_of(source).commands:
        for word in (*command.prefix, *command.words):
            written = dockerfile.text(word.span)
            if word.text is not None and "\n" not in written:
                assert unquote(written) == word.text
            elif word.text is not None:
                assert written.replace("\\\n", "") == word.text
        assert command.span.contains(command.words[0].span)


def test_parse_text_takes_any_offsets() -> None:
    words = parse_text("ab cd", [10, 11, 20, 21, 22, 23]).commands[0].words
    assert [tuple(word.span) for word in words] == [(10, 12), (21, 23)]


def test_text_that_is_not_utf_8_keeps_its_places() -> None:
    source = b"RUN a \xff\xfe 'b\xc3' && c"
    script = parse_run(parse(source).instructions[0])
    assert script.ok
    assert [source[w.span.start : w.span.end] for c in script.commands for w in c.words] == [
        b"a", b"\xff\xfe", b"'b\xc3'", b"c"
    ]  # fmt: skip


@pytest.mark.parametrize(
    "text", ["", " ", "#", "\0", "a\0b && c", "((((", "$(" * 5000, "(" * 20000, "<<", "`" * 999]
)
def test_hostile_text_is_an_answer_not_an_exception(text: str) -> None:
    script = parse_text(text)
    assert script.ok or script.reason


@given(st.text(st.sampled_from("ab '\"\\$(){}|&;<>#`!=\n\té\udcff"), max_size=40))
def test_any_text_is_an_answer_not_an_exception(text: str) -> None:
    script = parse_text(text)
    assert bool(script.reason) != script.ok


def test_importing_the_package_imports_no_parser() -> None:
    code = (
        "import sys, jettison.shell, jettison.shell.packages, jettison.shell.render, jettison.shell.referee\n"
        "heavy = {'tree_sitter', 'json', 'shlex', 'asyncio', 'tomllib', 'typing_extensions'}\n"
        "print(sorted(heavy & set(sys.modules)))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "[]"
