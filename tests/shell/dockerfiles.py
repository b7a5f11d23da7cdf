"""Random RUN instructions in the layouts that people use, as bytes of a Dockerfile."""

from __future__ import annotations

from typing import NamedTuple

from hypothesis import strategies as st


class Chain(NamedTuple):
    """A Dockerfile with one RUN: its commands and the operators between them."""

    source: bytes
    commands: list[str]
    operators: list[str]
    errexit: bool


_WORDS = [
    "a",
    "--flag",
    "-x=y",
    "'q r'",
    '"s \\" t"',
    "$V",
    '"${W:-u}"',
    "*.c",
    "foo>=1",
    "é",
    "/p/q",
    "a\\ b",
    "{x,y}",
]
_TAILS = ["", "", "", " >f", " 2>&1", " | tee l"]


@st.composite
def chains(draw: st.DrawFn) -> Chain:
    """A RUN of one to five commands with continuations, comments, either line end and either escape."""
    escape = draw(st.sampled_from(["\\", "\\", "`"]))
    newline = draw(st.sampled_from(["\n", "\n", "\r\n"]))
    indent = draw(st.sampled_from(["    ", "  ", "\t", ""]))
    errexit = draw(st.booleans())
    comment = draw(st.sampled_from(["", "", f"{indent}# note{newline}", f"# &&{newline}{newline}"]))
    line = f" {escape}{newline}{comment}{indent}"
    texts, count = [], draw(st.integers(1, 5))
    for number in range(count):
        words = draw(st.lists(st.sampled_from(_WORDS), max_size=3))
        gap = draw(st.sampled_from([" ", " ", line]))
        texts.append(gap.join([f"c{number}", *words]) + draw(st.sampled_from(_TAILS)))
    operators = draw(
        st.lists(st.sampled_from(["&&", "&&", "&&", ";", "||"]), min_size=count - 1, max_size=count - 1)
    )
    if errexit:
        texts.insert(0, "set -e")
        operators.insert(0, ";")
    leading = draw(st.booleans())
    body = texts[0]
    for operator, text in zip(operators, texts[1:], strict=True):
        broken = draw(st.booleans())
        before = line if broken and leading and operator != ";" else "" if operator == ";" else " "
        after = line if broken and not before.strip() else " "
        body += f"{before}{operator}{after}{text}"
    end = draw(
        st.sampled_from(
            [newline, "", f" {escape}", f"{newline}# end{newline}CMD x{newline}", f" # why{newline}"]
        )
    )
    head = "# escape=`" + newline if escape == "`" else ""
    flag = draw(st.sampled_from(["", "--network=none ", f"--mount=type=cache,target=/c{line}"]))
    source = f"{head}FROM x{newline}RUN {flag}{body}{end}"
    return Chain(source.encode(), texts, operators, errexit)
