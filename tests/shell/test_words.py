from __future__ import annotations

import shlex
import subprocess

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jettison.shell.words import quote, unquote

VALUES = [
    ("apt-get", "apt-get"),
    ("'a b'", "a b"),
    ('"a b"', "a b"),
    ('a"b"c', "abc"),
    ("a\\ b", "a b"),
    ('"a\\"b"', 'a"b'),
    ('"a\\nb"', "a\\nb"),
    ("a\\\nb", "ab"),
    ('"a\\\nb"', "ab"),
    ("''", ""),
    ("s/x$/y/", "s/x$/y/"),
    ('"cost $"', "cost $"),
    ("~/x", "~/x"),
    ("*.txt", "*.txt"),
    ("trailing\\", "trailing\\"),
    ("$HOME", None),
    ('"$HOME"', None),
    ("a${b}c", None),
    ("$(x)", None),
    ("`x`", None),
    ('"`x`"', None),
    ("$'a'", None),
    ("<(x)", None),
    ("'open", None),
    ('"open', None),
]


@pytest.mark.parametrize(("raw", "value"), VALUES)
def test_value_of_a_word(raw: str, value: str | None) -> None:
    assert unquote(raw) == value


@given(st.text(st.characters(exclude_categories=("Cs", "Cc")), max_size=20))
def test_quote_is_undone_by_unquote_and_by_shlex(text: str) -> None:
    assert unquote(quote(text)) == text
    assert shlex.split(quote(text)) == [text]


PIECES = [
    "a",
    "=",
    "'x y'",
    "'\"'",
    '"p q"',
    '\\"',
    "\\'",
    "\\ ",
    '"\\\\"',
    '"\\q"',
    '"$ "',
    "$%",
    "''",
    '"\'"',
    "\\\n",
]


@settings(max_examples=60, deadline=None)
@given(st.lists(st.sampled_from(PIECES), min_size=1, max_size=6))
def test_values_are_what_sh_says(pieces: list[str]) -> None:
    raw = "".join(pieces)
    done = subprocess.run(["sh", "-c", f"printf %s {raw}"], capture_output=True, text=True, check=True)
    assert unquote(raw) == done.stdout
