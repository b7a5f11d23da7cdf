"""Random shell scripts whose commands say that they ran, and the shell that runs them."""

from __future__ import annotations

import subprocess
from typing import NamedTuple

from hypothesis import strategies as st

_PRELUDE = 't() { echo "$1" >&2; case "$OK" in *",$1,"*) return 0 ;; esac; return 1; }\n'


class Ran(NamedTuple):
    """How a script ended: its status and the numbers of the commands that ran, sorted."""

    status: int
    commands: list[int]


def run_script(script: str, succeeding: set[int], shell: str = "sh", flags: str = "") -> Ran:
    """Run a script of `t N` commands, of which the `succeeding` ones succeed."""
    ok = "," + ",".join(map(str, sorted(succeeding))) + ","
    done = subprocess.run(
        [shell, f"-{flags}c", _PRELUDE + script],
        env={"OK": ok, "PATH": "/usr/bin:/bin"},
        capture_output=True,
        text=True,
        check=False,
        timeout=20,
    )
    lines = done.stderr.split()
    assert all(line.isdigit() for line in lines), done.stderr
    return Ran(done.returncode, sorted(map(int, lines)))


_SEPARATORS = ["; ", " && ", " || ", " && ", " | "]


def _sequence(parts: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    def join(drawn: list[tuple[str, str]]) -> str:
        text = ""
        for index, (part, separator) in enumerate(drawn):
            last = index == len(drawn) - 1
            joins = (
                "" if last else " && " if separator == " | " and drawn[index + 1][0][0] == "!" else separator
            )
            text += part + joins
        return text

    return st.lists(st.tuples(parts, st.sampled_from(_SEPARATORS)), min_size=1, max_size=4).map(join)


def _compound(inner: st.SearchStrategy[str]) -> st.SearchStrategy[str]:
    body = _sequence(inner)
    return st.one_of(
        inner,
        body.map(lambda b: f"( {b} )"),
        body.map(lambda b: f"{{ {b}; }}"),
        body.map(lambda b: f"! ( {b} )"),
        st.tuples(body, body).map(lambda p: f"if {p[0]}; then {p[1]}; fi"),
        st.tuples(body, body, body).map(lambda p: f"if {p[0]}; then {p[1]}; else {p[2]}; fi"),
        body.map(lambda b: f"for i in 1; do {b}; done"),
        body.map(lambda b: f"case x in x) {b} ;; esac"),
    )


_LEAF = st.sampled_from(
    ["t @"] * 8 + ["! t @", "exit 0", "exit 1", "set -e", "set +e", "X=$(t @)", "false", ":"]
)


@st.composite
def statements(draw: st.DrawFn) -> list[str]:
    """Statements of one script, in order; the commands of all of them are numbered from 0."""
    part = _sequence(_compound(_compound(_LEAF)))
    drawn = draw(st.lists(part, min_size=1, max_size=3))
    if draw(st.booleans()):
        drawn.insert(0, "set -e")
    number = 0
    numbered = []
    for statement in drawn:
        pieces = statement.split("@")
        text = pieces[0]
        for piece in pieces[1:]:
            text += f"{number}{piece}"
            number += 1
        numbered.append(text)
    return numbered
