from __future__ import annotations

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jettison.shell import parse_text

from .reading import script_of
from .scripts import run_script, statements

CERTAIN = [
    # text, commands that have run, commands that have succeeded, whenever the script succeeds
    ("a && b && c", "abc", "abc"),
    ("a; b; c", "abc", "c"),
    ("a && b; c", "ac", "c"),
    ("a || b", "a", ""),
    ("a && b || c", "a", ""),
    ("a || b && c", "ac", "c"),
    ("set -e; a; b", "ab", "ab"),
    ("set -e; a && b; c", "ac", "c"),
    ("set -o errexit; a; b", "ab", "ab"),
    ("set -euo pipefail; a | b; c", "abc", "abc"),
    ("set -e; a | b; c", "abc", "bc"),
    ("set -e; set +e; a; b", "ab", "b"),
    ("a | b", "ab", "b"),
    ("! a && b", "ab", "b"),
    ("a & b", "b", "b"),
    ("(a; b) && c", "abc", "bc"),
    ("{ a && b; } && c", "abc", "abc"),
    ("set -e; (a; b); c", "abc", "abc"),
    ("(set -e; a; b) && c", "abc", "bc"),
    ("if a; then b; fi; c", "c", "c"),
    ("for i in 1; do a; done; b", "b", "b"),
    ("while a; do b; done && c", "c", "c"),
    ("case x in x) a ;; esac; b", "b", "b"),
    ("f() { a; }; b", "b", "b"),
    ("a || exit 1; b", "ab", "ab"),
    ("a || exit 0; b", "a", ""),
    ("a && exit 0", "a", "a"),
    ("test x || exec y; b", "", ""),
    ("trap x EXIT; a", "", ""),
    ("echo $(a) && b", "b", "b"),
    ("a\nb\nc", "abc", "c"),
]


@pytest.mark.parametrize(("text", "ran", "succeeded"), CERTAIN)
def test_what_always_runs_and_what_has_to_succeed(text: str, ran: str, succeeded: str) -> None:
    commands = [command for command in parse_text(text).commands if len(command.name) == 1]
    assert "".join(c.name for c in commands if c.unconditional) == ran
    assert "".join(c.name for c in commands if c.must_succeed) == succeeded


JOINED = [
    ("a && b || c; d | e |& f & g", [("a", "", "&&"), ("b", "&&", "||"), ("c", "||", ";"), ("d", ";", "|"),
                                     ("e", "|", "|&"), ("f", "|&", "&"), ("g", "&", "")]),
    ("a\nb", [("a", "", "\n"), ("b", "\n", "")]),
    ("a && b >f | c", [("a", "", "&&"), ("b", "&&", "|"), ("c", "|", "")]),
    ("a | b 2>&1 | c && d", [("a", "", "|"), ("b", "|", "|"), ("c", "|", "&&"), ("d", "&&", "")]),
    ("a && (b; c) && d", [("a", "", "&&"), ("b", "", ";"), ("c", ";", ""), ("d", "&&", "")]),
    ("a;", [("a", "", ";")]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "joined"), JOINED)
def test_operators_around_a_command(text: str, joined: list[tuple[str, str, str]]) -> None:
    assert [(c.name, c.joined_by, c.followed_by) for c in parse_text(text).commands] == joined


CONTEXTS = [
    ("(a)", ("subshell",)),
    ("{ a; }", ("group",)),
    ("if a; then :; fi", ("if",)),
    ("if :; then :; elif a; then :; fi", ("if",)),
    ("if :; then :; else (a); fi", ("if", "subshell")),
    ("for i in x; do a; done", ("for",)),
    ("for ((i=0;i<1;i++)); do a; done", ("for",)),
    ("select i in x; do a; done", ("for",)),
    ("while :; do a; done", ("while",)),
    ("until a; do :; done", ("while",)),
    ("case x in y|z) a ;; esac", ("case",)),
    ("case x in (y) : ;; *) : && a ;; esac", ("case",)),
    ("f() { a; }", ("function",)),
    ("function f { a; }", ("function",)),
    ("f() ( a )", ("function",)),
    (": $(a)", ("substitution",)),
    (": `a`", ("substitution",)),
    ('X="$(a)"', ("substitution",)),
    ("for i in $(a); do :; done", ("for", "substitution")),
    ("case $(a) in x) ;; esac", ("case", "substitution")),
    (": >$(a)", ("substitution",)),
    ("(:) >$(a)", ("substitution",)),
    ("a | :", ("pipeline",)),
    (": | (a)", ("pipeline", "subshell")),
    ("! a", ("negated",)),
    ("! a | :", ("negated", "pipeline")),
    ("a &", ("background",)),
    ("if x; then ! (y | a) & fi", ("if", "background", "negated", "subshell", "pipeline")),
]


@pytest.mark.parametrize(("text", "context"), CONTEXTS)
def test_context_is_what_stands_around_outermost_first(text: str, context: tuple[str, ...]) -> None:
    script = parse_text(text)
    assert script.ok, script.reason
    assert next(c for c in script.commands if c.name == "a").context == context


def test_top_level_items_and_links() -> None:
    script = script_of("RUN a && (b) \\\n  || c; d | e; if x; then y; fi &")
    assert [(i.kind, i.operator, i.background) for i in script.items] == [
        ("command", "", False),
        ("subshell", "&&", False),
        ("command", "||", False),
        ("pipeline", ";", False),
        ("if", ";", True),
    ]
    assert [link.operator for link in script.links] == ["&&", "||", ";", ";"]
    source = b"RUN a && (b) \\\n  || c; d | e; if x; then y; fi &"
    assert [source[slice(*link.span)] for link in script.links] == [b"&&", b"||", b";", b";"]


def test_top_commands_stand_outside_every_compound() -> None:
    script = parse_text("set -e; a; (b); c | d; e && f")
    assert [command.name for command in script.top] == ["set", "a", "e", "f"]


def test_redirections_belong_to_the_nearest_command() -> None:
    script = parse_text("a && b >f 2>&1 <<<x && c >&- d")
    shown = [
        [(r.operator, r.target.text if r.target else None) for r in c.redirects] for c in script.commands
    ]
    assert shown == [[], [(">", "f"), ("2>&", "1"), ("<<<", "x")], [(">&-", None)]]
    assert [w.text for w in script.commands[2].words] == ["c", "d"]


@settings(max_examples=250, deadline=None)
@given(statements(), st.sets(st.integers(0, 12)), st.booleans(), st.sampled_from(["sh", "bash"]))
@example(["set -e", "( t 0; t 1 ) | t 2"], {1, 2}, False, "sh")
@example(["{ t 0 || exit 0; } && t 1"], {1}, False, "sh")
@example(["t 0 || exit 1; t 1"], {1}, True, "sh")
@example(["set -e", "{ t 0 && t 1; }", "t 2"], {2}, False, "bash")
def test_the_shell_agrees_with_what_is_certain(
    parts: list[str], succeeding: set[int], heredoc: bool, shell: str
) -> None:
    text = ("\n" if heredoc else "; ").join(parts)
    script = parse_text(text)
    assert script.ok, script.reason
    ran = run_script(text, succeeding, shell)
    if ran.status:
        return
    for command in script.commands:
        if command.name == "t":
            number = int(command.words[1].text or "")
            assert number in ran.commands or not command.unconditional, text
            assert number in succeeding or not command.must_succeed, text
            assert command.unconditional or not command.must_succeed
