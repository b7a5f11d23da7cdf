from __future__ import annotations

import pytest
from hypothesis import event, given, settings
from hypothesis import strategies as st

from jettison.dockerfile import parse
from jettison.shell import Script
from jettison.shell.render import Outcome, Refusal, append_command
from jettison.spans import apply

from .dockerfiles import Chain, chains
from .reading import changed, run_of, said, script_of
from .scripts import run_script, statements

SH = ("/bin/sh", "-c")


def append(script: Script) -> Outcome:
    return append_command(script, "X y")


DONE = [
    ("one command", "RUN a", "RUN a && X y"),
    ("one line", "RUN a && b\nCMD c", "RUN a && b && X y\nCMD c"),
    ("operators lead", "RUN a \\\n    && b\nCMD c", "RUN a \\\n    && b \\\n    && X y\nCMD c"),
    ("operators trail", "RUN a && \\\n  b\n", "RUN a && \\\n  b && \\\n  X y\n"),
    ("tabs", "RUN a \\\n\t&& b", "RUN a \\\n\t&& b \\\n\t&& X y"),
    ("no indentation", "RUN a \\\n&& b", "RUN a \\\n&& b \\\n&& X y"),
    ("a list on lines of its own", "RUN a && b \\\n      c \\\n      d",
     "RUN a && b \\\n      c \\\n      d \\\n      && X y"),
    ("one command on lines", "RUN a \\\n  b", "RUN a \\\n  b \\\n  && X y"),
    ("the last line decides", "RUN a \\\n && b && c", "RUN a \\\n && b && c \\\n && X y"),
    ("flags on a line of their own", "RUN --mount=type=cache,target=/x \\\n    a",
     "RUN --mount=type=cache,target=/x \\\n    a \\\n    && X y"),
    ("mixed sides", "RUN a \\\n  && b && \\\n    c", "RUN a \\\n  && b && \\\n    c && \\\n    X y"),
    ("CRLF", "RUN a \\\r\n  && b\r\nCMD c\r\n", "RUN a \\\r\n  && b \\\r\n  && X y\r\nCMD c\r\n"),
    ("escape directive", "# escape=`\nRUN a `\n  && b", "# escape=`\nRUN a `\n  && b `\n  && X y"),
    ("escape directive, one line", "# escape=`\nRUN a && b\\c", "# escape=`\nRUN a && b\\c && X y"),
    ("comment in the continuation", "RUN a \\\n  # why\n  b \\\n  # because\n  c",
     "RUN a \\\n  # why\n  b \\\n  # because\n  c \\\n  && X y"),
    ("comment before the last line", "RUN a && \\\n# why\n  b\n", "RUN a && \\\n# why\n  b && \\\n  X y\n"),
    ("trailing escape at the end of the file", "RUN a \\\n  && b \\", "RUN a \\\n  && b \\\n  && X y \\"),
    ("trailing escape and a comment", "RUN a \\\n  && b \\\n# end\n",
     "RUN a \\\n  && b \\\n  && X y \\\n# end\n"),
    ("shell comment", "RUN a # why", "RUN a && X y # why"),
    ("trailing semicolon", "RUN a; b;", "RUN a; b && X y;"),
    ("semicolons", "RUN a; b", "RUN a; b && X y"),
    ("semicolons under set -e", "RUN set -eux; \\\n\ta; \\\n\tb\nCMD c",
     "RUN set -eux; \\\n\ta; \\\n\tb; \\\n\tX y\nCMD c"),
    ("trailing semicolon under set -e", "RUN set -e; a; b;", "RUN set -e; a; b; X y;"),
    ("chain under set -e", "RUN set -ex && a", "RUN set -ex && a && X y"),
    ("|| true under set -e", "RUN set -e; a; b || true", "RUN set -e; a; b || true; X y"),
    ("for under set -e", "RUN set -e; for i in 1; do a; done", "RUN set -e; for i in 1; do a; done; X y"),
    ("subshell under set -e", "RUN set -e; (a; b)", "RUN set -e; (a; b); X y"),
    ("|| before the last list", "RUN a || true; b", "RUN a || true; b && X y"),
    ("pipeline", "RUN a | b", "RUN a | b && X y"),
    ("negation", "RUN a && ! (b; c)", "RUN a && ! (b; c) && X y"),
    ("negation under set -e", "RUN set -e; ! a", "RUN set -e; ! a && X y"),
    ("chain at the end under set -e", "RUN set -e; a; b && c", "RUN set -e; a; b && c && X y"),
    ("redirection at the end", "RUN a && b >f 2>&1", "RUN a && b >f 2>&1 && X y"),
    ("text that looks like operators", "RUN a '&& b' \"; c\"", "RUN a '&& b' \"; c\" && X y"),
    ("here-document for a command", "RUN cat <<E >f\nx\nE\nCMD c", "RUN cat <<E >f && X y\nx\nE\nCMD c"),
    ("here-document in a continued line", "RUN a && \\\n  cat <<E >f\nx\nE\n",
     "RUN a && \\\n  cat <<E >f && \\\n  X y\nx\nE\n"),
    ("script in a here-document", "RUN <<E\na\nb # c\nE\n", "RUN <<E\na\nb && X y # c\nE\n"),
    ("script under set -e", "RUN <<E\nset -e\na\nE\nCMD c", "RUN <<E\nset -e\na\nX y\nE\nCMD c"),
    ("script with a shebang", "RUN <<E\n#!/bin/sh -e\na\n(b)\nE\n",
     "RUN <<E\n#!/bin/sh -e\na\n(b)\nX y\nE\n"),
    ("chomped script", "RUN <<-E\n\tset -e\n\ta\n\tE\n", "RUN <<-E\n\tset -e\n\ta\n\tX y\n\tE\n"),
    ("script that ends in a here-document", "RUN <<E\nset -e\ncat <<I >f\nx\nI\nE\n",
     "RUN <<E\nset -e\ncat <<I >f\nx\nI\nX y\nE\n"),
    ("the same without set -e", "RUN <<E\ncat <<I >f\nx\nI\nE\n", "RUN <<E\ncat <<I >f && X y\nx\nI\nE\n"),
    ("several lines under set -e", "RUN <<E\nset -e\nif a; then\n  b\nfi\nE\n",
     "RUN <<E\nset -e\nif a; then\n  b\nfi\nX y\nE\n"),
    ("ONBUILD", "ONBUILD RUN a \\\n  && b", "ONBUILD RUN a \\\n  && b \\\n  && X y"),
    ("variables", 'RUN a "$X" ${Y:-z}', 'RUN a "$X" ${Y:-z} && X y'),
    ("bytes that are not ASCII", "RUN a 'ü' && é # ß", "RUN a 'ü' && é && X y # ß"),
    ("exit on failure only", "RUN a || exit 1; b", "RUN a || exit 1; b && X y"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [d[1:] for d in DONE], ids=[d[0] for d in DONE])
def test_appended_in_the_style_of_the_file(before: str, after: str) -> None:
    assert changed(before, append) == (after, "")


REFUSED = [
    ("|| true", "RUN a || true", "joined by `||`"),
    ("|| in the last list", "RUN a; b || c && d", "joined by `||`"),
    ("background", "RUN a & b &", "in the background"),
    ("if", "RUN if a; then b; fi", "ends in an `if`"),
    ("for", "RUN for i in 1; do a; done", "ends in a `for` loop"),
    ("while", "RUN while a; do b; done", "ends in a `while` loop"),
    ("case", "RUN case x in x) a ;; esac", "ends in a `case`"),
    ("subshell", "RUN a && (b; c)", "ends in a subshell"),
    ("group", "RUN { a; b; }", "ends in a `{ }` group"),
    ("function", "RUN f() { a; }; f", "ends in a call of a shell function"),
    ("pipeline with a loop", "RUN a | while b; do c; done", "ends in a pipeline of compound"),
    ("subshell behind && under set -e", "RUN set -e && (a; b)", "ends in a subshell"),
    ("|| and && under set -e", "RUN set -e; a || b && c", "joined by `||`"),
    ("exit 0", "RUN a; exit 0", "may end the script"),
    ("exit half-way", "RUN a || exit 0; b", "may end the script"),
    ("exec", "RUN a && exec b", "may end the script"),
    ("trap", "RUN trap 'x' EXIT; a", "may end the script"),
    ("exec form", 'RUN ["a"]', "exec form"),
    ("shell in exec form", 'RUN ["sh", "-c", "a"]', "exec form"),
    ("text that is not understood", "RUN if a; then", "ends too early"),
    ("script for another program", "RUN <<E\n#!/usr/bin/python3\nx\nE\n", "a script for python3"),
    ("script with carriage returns", "RUN <<E\r\na\r\nE\r\n", "carriage returns"),
    ("script that ends in an escape", "RUN <<E\nset -e\n(a)", "in the middle of a line"),
    ("nothing to run", "RUN # a", "no command"),
]


@pytest.mark.parametrize(("source", "reason"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused_with_a_reason(source: str, reason: str) -> None:
    result, why = changed(source, append)
    assert result == source
    assert reason in why


KNOWN_SHELL = [
    ("RUN (a; b)", "RUN (a; b) && X y"),
    ("RUN for i in 1; do a; done", "RUN for i in 1; do a; done && X y"),
    ("RUN if a; then \\\n    b; \\\n  fi", "RUN if a; then \\\n    b; \\\n  fi \\\n    && X y"),
    ("RUN f() { a; }; f", "RUN f() { a; }; f && X y"),
]


@pytest.mark.parametrize(("before", "after"), KNOWN_SHELL)
def test_a_shell_known_to_run_without_e_allows_more(before: str, after: str) -> None:
    assert changed(before, append, SH) == (after, "")


def test_a_shell_with_e_gets_a_statement_of_its_own() -> None:
    assert changed("RUN (a; b)", append, ("/bin/bash", "-ec")) == ("RUN (a; b); X y", "")
    assert changed("RUN a && b", append, ("/bin/bash", "-ec")) == ("RUN a && b && X y", "")


@pytest.mark.parametrize("command", ["", "&&", "a\nb", "cat <<E", "a # b", "if a", "a )", "'"])
def test_what_is_no_plain_command_is_refused(command: str) -> None:
    outcome = append_command(script_of("RUN a"), command)
    assert isinstance(outcome, Refusal)
    assert "not one line of plain shell" in outcome.reason


@pytest.mark.parametrize("body", ["set -e\na\n", "set -e\na"])
def test_a_here_document_without_an_end(body: str) -> None:
    assert isinstance(append_command(script_of(f"RUN <<EOF\n{body}"), "rm b"), Refusal)


@settings(max_examples=250, deadline=None)
@given(chains())
def test_a_chain_keeps_its_commands_and_its_bytes(chain: Chain) -> None:
    source = chain.source
    dockerfile = parse(source)
    script = script_of(source)
    assert script.ok, script.reason
    outcome = append_command(script, "&& rm -rf /var/lib/apt/lists/*")
    if isinstance(outcome, Refusal):
        assert "||" in chain.operators
        return
    result = apply(source, outcome)
    again = parse(result)
    after = script_of(result)
    assert said(after) == [*said(script), "rm -rf /var/lib/apt/lists/*"]
    assert after.commands[-1].unconditional
    assert after.commands[-1].context == ()
    (edit,) = outcome
    assert result[: edit.span.start] == source[: edit.span.start]
    assert result[edit.span.start + len(edit.new) :] == source[edit.span.end :]
    assert len(again.instructions) == len(dockerfile.instructions)
    assert [c.text for c in again.comments] == [c.text for c in dockerfile.comments]
    assert (
        b"\r\n" in edit.new
        or b"\n" not in edit.new
        or b"\r\n" not in dockerfile.text(run_of(dockerfile).span).encode()
    )


@settings(max_examples=250, deadline=None)
@given(
    statements(),
    st.sets(st.integers(0, 12)),
    st.sampled_from(["shell", "heredoc"]),
    st.sampled_from(["", "e", None]),
    st.sampled_from(["sh", "bash"]),
)
def test_the_shell_runs_it_exactly_after_success(
    parts: list[str], succeeding: set[int], form: str, flags: str | None, program: str
) -> None:
    joined = ("\n" if form == "heredoc" else "; ").join(parts)
    source = f"RUN <<E\n{joined}\nE\n" if form == "heredoc" else f"RUN {joined}\n"
    shell = None if flags is None else (f"/bin/{program}", f"-{flags}c")
    script = script_of(source, shell)
    outcome = append_command(script, "t 99")
    event("refused" if isinstance(outcome, Refusal) else "appended")
    if isinstance(outcome, Refusal):
        return
    text = script_of(apply(source.encode(), outcome)).text.text
    for flag in ("", "e") if flags is None else (flags,):
        before = run_script(joined, succeeding, program, flag)
        after = run_script(text, succeeding | {99}, program, flag)
        expected = before.commands + [99] * (before.status == 0)
        assert (after.status, after.commands) == (before.status, sorted(expected)), text
