"""Word expansion: BuildKit's rules as rows, and e2b-dockerfile-utils as an oracle on random words."""

from __future__ import annotations

import time

import pytest
from e2b_dockerfile_utils import ShellLex
from hypothesis import example, given, settings
from hypothesis import strategies as st

from jettison.dockerfile import expand
from jettison.dockerfile.expand import split_words
from jettison.dockerfile.lexer import ExpansionError, Lexer

VALUES = {
    "a": "x/y.tar.gz",
    "empty": "",
    "b": "foo bar",
    "stars": "a*b?c",
    "unset": None,
    "ü": "umlaut",
    "1": "one",
}


@pytest.mark.parametrize(
    ("word", "text"),
    [
        ("plain", "plain"),
        ("$a", "x/y.tar.gz"),
        ("${a}", "x/y.tar.gz"),
        ("$a.b", "x/y.tar.gz.b"),
        ("$nothing-x", "-x"),
        ("$unset", ""),
        ("$", "$"),
        ("$.", "$."),
        ("$1x", "onex"),
        ("$ü", "umlaut"),
        ("'$a'", "$a"),
        ('"$a"', "x/y.tar.gz"),
        ("\"'$b'\"", "'foo bar'"),
        ("\\$a", "$a"),
        ("\\\\$a", "\\x/y.tar.gz"),
        ("a\\", "a"),
        ('"a\\b"', "a\\b"),
        ('"a\\"b"', 'a"b'),
        ("'a'\"b\"c", "abc"),
        ("${empty:-d}", "d"),
        ("${empty-d}", ""),
        ("${nothing-d}", "d"),
        ("${unset:-d}", "d"),
        ("${nothing:-$b}", "foo bar"),
        ("${nothing:-${empty:-e}}", "e"),
        ("${a:+y}", "y"),
        ("${empty:+y}", ""),
        ("${empty+y}", "y"),
        ("${a?no}", "x/y.tar.gz"),
        ("${empty?no}", ""),
        ("${a#*/}", "y.tar.gz"),
        ("${a#*.}", "tar.gz"),
        ("${a##*.}", "gz"),
        ("${a%.*}", "x/y.tar"),
        ("${a%%.*}", "x/y"),
        ("${a%nope}", "x/y.tar.gz"),
        ("${a/tar/zip}", "x/y.zip.gz"),
        ("${a/./-}", "x/y-tar.gz"),
        ("${a//./-}", "x/y-tar-gz"),
        ("${a/\\//-}", "x-y.tar.gz"),
        ("${stars/\\*/-}", "a-b?c"),
        ("${stars//?/-}", "-----"),
        ("${a/y*r/-}", "x/-.gz"),
        ("<<$b", "<<foo bar"),
    ],
)
def test_expansion(word: str, text: str) -> None:
    result = expand(word, VALUES)
    assert result.error is None
    assert result.text == text


@pytest.mark.parametrize(
    ("word", "message"),
    [
        ("'a", "single-quote"),
        ('"a', "double-quote"),
        ("${a", "unsupported modifier"),
        ("${", "missing '}'"),
        ("${}", "bad substitution"),
        ("${:}", "bad substitution"),
        ("${a:-b", "missing '}'"),
        ("${a:=b}", "unsupported modifier (:=)"),
        ("${a:#b}", "unsupported modifier (:#)"),
        ("${a/b}", "missing '/'"),
        ("${nothing?}", "nothing: is not allowed to be unset"),
        ("${empty:?}", "empty: is not allowed to be empty"),
        ("${nothing:?say $a}", "nothing: say x/y.tar.gz"),
        ("${a#\\x}", "invalid escape"),
    ],
)
def test_malformed_words_come_back_as_written(word: str, message: str) -> None:
    result = expand(word, VALUES)
    assert result.text == word
    assert result.error is not None
    assert message in result.error


def test_names_without_a_value_are_told() -> None:
    assert expand("$a $no ${unset:-x} ${no} $empty", VALUES).missing == ("no", "unset")


def test_the_escape_character_can_be_a_backtick() -> None:
    assert expand("C:\\a`$b\\", VALUES, "`").text == "C:\\a$b\\"


def test_words_are_split_after_expansion_but_not_in_quotes() -> None:
    assert split_words('$b "$b" x\\ y', VALUES) == ["foo", "bar", "foo bar", "x y"]


@pytest.mark.parametrize(
    "word",
    [
        "${a:-" * 5000,
        "${x#" + "*a" * 40 + "b}",
        "${x//" + "*a" * 40 + "b/}",
        "${x%%" + "?*" * 40 + "b}",
        "$big$big$big",
        "'" * 10001,
    ],
    ids=["nested", "trim", "replace", "suffix", "big", "quotes"],
)
def test_hostile_words_end_soon(word: str) -> None:
    began = time.process_time()
    expand(word, {"x": "a" * 3000, "big": "y" * 900_000})
    assert time.process_time() - began < 3


def test_values_do_not_grow_without_end() -> None:
    assert expand("$big$big", {"big": "y" * 900_000}).error == "the expanded value is longer than 1 MiB"


_PARTS = [
    "$", "{", "}", "a", "B", "é", "1", ":", "-", "+", "?", "#", "%", "/", "*", "\\", "`", '"', "'", " ", "<",
    "<<", "$a", "${b", "${b:-", "${empty", "\t", "_", "@", "${a#", "${a%%", "${a//", "\u00a0", "${nothing:+",
    "${a/",
]  # fmt: skip
_ORACLE_VALUES = {key: value for key, value in VALUES.items() if value is not None}


@settings(max_examples=1500)
@given(
    st.lists(st.sampled_from(_PARTS), max_size=12).map("".join),
    st.sampled_from("\\`"),
    st.sampled_from([0, 1, 2]),
)
@example("${b%\\}", "`", 0)
def test_the_oracle_agrees(word: str, escape: str, raw: int) -> None:
    """Raw 0: arguments; 1: heredoc names; 2: lines searched for heredocs."""
    options = {"raw_quotes": raw > 0, "raw_escapes": raw > 1}
    try:
        lex = ShellLex(escape, env=_ORACLE_VALUES, skip_unset_env=raw > 0, **options)
        theirs = lex.process_word(word), [part for part in lex.process_words(word) if part]
    except ValueError:
        theirs = None
    try:
        lexers = [Lexer(word, VALUES, escape, keep_unset=raw > 0, **options) for _ in range(2)]
        ours = lexers[0].text(), [text for text, _, _ in lexers[1].words()]
    except ExpansionError:
        ours = None
    assert ours == theirs or _oracle_fault(word, escape)


def _oracle_fault(word: str, escape: str) -> bool:
    """BuildKit turns a suffix pattern round before it reads it, so a backslash at its end stays one."""
    return escape == "`" and "\\}" in word and "%" in word
