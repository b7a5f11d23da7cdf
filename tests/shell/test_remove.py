from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jettison.dockerfile import parse
from jettison.shell.render import Refusal, remove_command
from jettison.spans import apply

from .dockerfiles import Chain, chains
from .reading import changed, command_of, said, script_of

DONE = [
    ("in the middle", "RUN b && X y && c", "RUN b && c"),
    ("first", "RUN X && b", "RUN b"),
    ("last", "RUN b && X y\nCMD c", "RUN b\nCMD c"),
    ("between semicolons", "RUN b; X; c", "RUN b; c"),
    ("on a line that an operator leads", "RUN b \\\n    && X y \\\n    && c", "RUN b \\\n    && c"),
    ("on a line that an operator ends", "RUN b && \\\n    X y && \\\n    c", "RUN b && \\\n    c"),
    ("last line, operator leads", "RUN b \\\n    && X y\n", "RUN b\n"),
    ("last line, operator before", "RUN b && \\\n    X y\n", "RUN b\n"),
    ("first line", "RUN X \\\n && b", "RUN b"),
    ("CRLF", "RUN b \\\r\n && X \\\r\n && c\r\n", "RUN b \\\r\n && c\r\n"),
    ("escape directive", "# escape=`\nRUN b `\n && X `\n && c", "# escape=`\nRUN b `\n && c"),
    ("comment after it", "RUN b \\\n  && X \\\n  # c\n  && c", "RUN b \\\n  # c\n  && c"),
    ("comment after it, operator ends", "RUN b && \\\n  X && \\\n  # c\n  c", "RUN b && \\\n  # c\n  c"),
    ("comment before it", "RUN b \\\n  # x\n  && X \\\n  && c", "RUN b \\\n  # x\n  && c"),
    ("last, comment before it", "RUN b \\\n  # x\n  && X\nCMD c", "RUN b\n  # x\nCMD c"),
    ("last, comment, CRLF", "RUN b \\\r\n  # x\r\n  && X\r\nCMD c", "RUN b\r\n  # x\r\nCMD c"),
    ("last, comment, operator ends", "RUN b && \\\n  # x\n  X\nCMD c", "RUN b\n  # x\nCMD c"),
    ("last, comment, trailing escape", "RUN b \\\n  # x\n  && X \\", "RUN b\n  # x"),
    ("first, comment after it", "RUN X \\\n  # c\n  && c", "RUN \\\n  # c\n  c"),
    ("several lines", "RUN b \\\n && X \\\n   y \\\n   z \\\n && c", "RUN b \\\n && c"),
    ("output thrown away", "RUN b && X >/dev/null 2>&1 && c", "RUN b && c"),
    ("under set -e", "RUN set -e; b; X", "RUN set -e; b"),
    ("in a here-document", "RUN <<E\nset -e\nb\nX\nc\nE\n", "RUN <<E\nset -e\nb\nc\nE\n"),
    ("in a here-document, comments", "RUN <<E\nset -e\n# b\nb\n# x\nX\n# c\nc\nE\n",
     "RUN <<E\nset -e\n# b\nb\n# x\n# c\nc\nE\n"),
    ("last of a here-document", "RUN <<E\nset -e\nb\n# x\nX\nE\n", "RUN <<E\nset -e\nb\n# x\nE\n"),
    ("ONBUILD", "ONBUILD RUN b && X", "ONBUILD RUN b"),
]  # fmt: skip


@pytest.mark.parametrize(("before", "after"), [d[1:] for d in DONE], ids=[d[0] for d in DONE])
def test_removed_and_everything_else_stays(before: str, after: str) -> None:
    assert changed(before, lambda script: remove_command(script, command_of(script, "X"))) == (after, "")


REFUSED = [
    ("only command", "RUN X", "only command"),
    ("right of ||", "RUN a || X", "always run"),
    ("left of ||", "RUN X || a", "joined"),
    ("background", "RUN X & a", "always run"),
    ("next to a background command", "RUN a & X; b", "joined"),
    ("pipeline", "RUN a | X", "always run"),
    ("subshell", "RUN (X; a)", "always run"),
    ("loop", "RUN for i in 1; do X; done", "always run"),
    ("substitution", "RUN echo $(X)", "always run"),
    ("guard", "RUN X && a; b", "depends on whether it succeeds"),
    ("guarded", "RUN set -e; a && X; b", "always run"),
    ("last status", "RUN a; X", "exit status"),
    ("last status of a here-document", "RUN <<E\na\nX\nE\n", "exit status"),
    ("state", "RUN cd /x && a", "depend on it"),
    ("assignment", "RUN A=1 && a", "depend on it"),
    ("output kept", "RUN X >f && a", "redirection"),
    ("here-document", "RUN X <<E && a\nx\nE\n", "redirection"),
    ("commands in its words", "RUN X $(b) && a", "inside its words"),
    ("comment inside", "RUN a && X \\\n # c\n y && b", "comment"),
    ("shell comment behind it", "RUN <<E\nset -e\na\nX # c\nb\nE\n", "comments"),
    ("last, comments before and behind", "RUN a \\\n # b\n && X # c\n", "a comment stands behind it"),
    ("exec form", 'RUN ["X"]', "exec form"),
    ("not the whole line", "RUN a && X \\\n # c\n && b", "comments"),
]


@pytest.mark.parametrize(("source", "reason"), [r[1:] for r in REFUSED], ids=[r[0] for r in REFUSED])
def test_refused_with_a_reason(source: str, reason: str) -> None:
    def remove(script):
        named = {c.name: c for c in script.commands}
        return remove_command(script, named.get("X") or named.get("cd") or named[""])

    result, why = changed(source, remove)
    assert result == source
    assert reason in why


@settings(max_examples=250, deadline=None)
@given(chains(), st.integers(0, 4))
def test_a_chain_loses_one_command_and_no_comment(chain: Chain, number: int) -> None:
    script = script_of(chain.source)
    command = next((c for c in script.commands if c.name == f"c{number}"), None)
    outcome = None if command is None else remove_command(script, command)
    if outcome is None or isinstance(outcome, Refusal):
        return
    result = apply(chain.source, outcome)
    after = script_of(result)
    assert said(after) == [text for text in said(script) if not text.startswith(f"c{number}")]
    before, again = parse(chain.source), parse(result)
    assert len(again.instructions) == len(before.instructions)
    assert [c.text.strip() for c in again.comments] == [c.text.strip() for c in before.comments]
