"""Word expansion as BuildKit does it in Dockerfile arguments; the rules and limits are in lexer.py."""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from typing import NamedTuple

from jettison.dockerfile.lexer import ExpansionError, Lexer


class Expansion(NamedTuple):
    """A word after expansion: its text, the names asked for that have no value, and what is wrong with it."""

    text: str
    missing: tuple[str, ...] = ()
    error: str | None = None


def expand(word: str, lookup: Mapping[str, str | None], escape: str = "\\") -> Expansion:
    """The word with quotes removed and variables replaced; a name that is absent or None in `lookup` is
    unset.

    Never raises: a malformed word comes back as written, with `error` set.
    """
    if not _is_special(escape).search(word):
        return Expansion(word)
    lexer = Lexer(word, lookup, escape)
    try:
        text = lexer.text()
    except ExpansionError as error:
        return Expansion(word, tuple(lexer.missing), str(error))
    return Expansion(text, tuple(lexer.missing))


def split_words(word: str, lookup: Mapping[str, str | None], escape: str = "\\") -> list[str]:
    """The word expanded and then split at blanks outside quotes (EXPOSE). Raises ExpansionError."""
    return [text for text, _, _ in Lexer(word, lookup, escape).words()]


@cache
def _is_special(escape: str) -> re.Pattern[str]:
    return re.compile("[$'\"\ufeff" + re.escape(escape) + "]")
