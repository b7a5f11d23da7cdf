"""shfmt as an oracle: where both understand a text, both see the same commands with the same words."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, assume, example, given, settings
from hypothesis import strategies as st

from jettison.run import run
from jettison.shell import Script, parse_text

from .dockerfiles import Chain, chains
from .reading import script_of
from .scripts import statements

_DECLARATIONS = ("export", "declare", "local", "readonly", "typeset", "nameref", "let", "[[")
"""What shfmt models as something else than a command."""

_TOKENS = [
    *(
        "a",
        "b c",
        "'q r'",
        '"s $t"',
        "$u",
        "${v:-w}",
        "x=y",
        "X=1 d",
        "\\ ",
        "\\\\",
        "é",
        "*",
        "[y]",
        "{z,y}",
        "$(e f)",
    ),
    *(
        "&&",
        "||",
        ";",
        "|",
        "&",
        "\n",
        "!",
        "(",
        ")",
        "{",
        "}",
        "if",
        "then",
        "else",
        "fi",
        "for i in j",
        "do",
        "done",
    ),
    *(
        "while",
        "case k in",
        "l)",
        ";;",
        "esac",
        ">m",
        "2>&1",
        "<n",
        ">>o",
        "<<<p",
        "<<E\nE\n",
        "# r\n",
        "$((1<<2))",
    ),
    *(
        "<(s)",
        "h() ( a )",
        "h() { a; }",
        "-t",
        "exec",
        "export U=v",
        "[ -f w ]",
        "[[ -f w ]]",
        "echo",
        "a>=1",
        "=",
        "~",
        "done;",
        "`g`",
    ),
]


def by_shfmt(text: str) -> list[tuple[str, ...]] | None:
    """The words of every command of a text, in order; None when shfmt does not understand it."""
    data = text.encode()
    done = run(["shfmt", "-ln", "bash", "-tojson"], input=data)
    if not done.ok:
        return None
    found = sorted(_calls(json.loads(done.stdout)), key=lambda words: words[0])
    shown = [tuple(data[a:b].decode() for a, b in words) for words in found]
    return [words for words in shown if words[0] not in _DECLARATIONS]


def _calls(node: Any) -> Iterator[list[tuple[int, int]]]:
    if isinstance(node, list):
        for part in node:
            yield from _calls(part)
    elif isinstance(node, dict):
        if node.get("Type") == "CallExpr" and node.get("Args"):
            yield [(word["Pos"]["Offset"], word["End"]["Offset"]) for word in node["Args"]]
        for name, part in node.items():
            if name != "Hdoc":
                yield from _calls(part)


def by_jettison(script: Script) -> list[tuple[str, ...]]:
    shown = [tuple(word.raw for word in (*each.prefix, *each.words)) for each in script.commands]
    return [each for each in shown if each and each[0] not in _DECLARATIONS]


@settings(max_examples=150, deadline=None)
@given(chains())
def test_chains_read_alike(chain: Chain) -> None:
    script = script_of(chain.source)
    assert script.ok
    assert by_jettison(script) == by_shfmt(script.text.text)


@settings(max_examples=150, deadline=None)
@given(statements())
def test_compounds_read_alike(parts: list[str]) -> None:
    text = "\n".join(parts)
    assert by_jettison(parse_text(text)) == by_shfmt(text)


@settings(max_examples=400, deadline=None, suppress_health_check=[HealthCheck.filter_too_much])
@example("{z,y} }")
@given(st.lists(st.sampled_from(_TOKENS), min_size=1, max_size=9).map(" ".join))
def test_any_text_that_both_understand_reads_alike(text: str) -> None:
    script = parse_text(text)
    assume(script.ok)
    words = by_shfmt(text)
    assume(words is not None)
    assert by_jettison(script) == words
