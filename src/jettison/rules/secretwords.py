"""What is a secret: variables by name, values that are more than a placeholder, tokens by their shape."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import Any, NamedTuple

from jettison.facts import load

_LITTLE = 8
"""Characters below which a value is no secret worth the name."""


class Token(NamedTuple):
    """A secret in a text: what it is, and the characters where it stands. Its text is shown to nobody."""

    kind: str
    start: int
    end: int


def is_secret_name(name: str) -> bool:
    """True for the names that BuildKit's SecretsUsedInArgOrEnv reports."""
    names = load("secrets")["names"]
    parts = name.lower().split("_")
    return not set(parts).isdisjoint(names["deny"]) and set(parts).isdisjoint(names["allow"])


def is_weak_name(name: str) -> bool:
    """True for a name that says `key` or `auth` and nothing stronger."""
    names = load("secrets")["names"]
    return set(name.lower().split("_")).isdisjoint(set(names["deny"]) - set(names["weak"]))


def is_about(name: str) -> bool:
    """True for a name that says where a secret is or of which kind, such as `API_KEY_FILE`."""
    about: list[str] = load("secrets")["names"]["about"]
    return name.lower().rpartition("_")[2] in about


def is_placeholder(value: str) -> bool:
    """True for a value that is there to be replaced, names a file, or is one character over and over."""
    text = value.strip().strip("\"'").lower()
    facts = load("secrets")["placeholders"]
    if text in facts["whole"] or any(word in text for word in facts["words"]) or text.startswith("$"):
        return True
    if text.startswith(("/", "./", "../", "~/", "file:")):
        return "=" not in text and "+" not in text
    return len(set(text)) < 3 or text in "01234567890123456789"


def is_fingerprint(name: str, value: str) -> bool:
    """True for the fingerprint of a public key, as `GPG_KEY` has in many official images."""
    known = load("secrets")["names"]["fingerprints"]
    return not set(name.lower().split("_")).isdisjoint(known) and bool(
        re.fullmatch(r"(?:0x)?[0-9A-Fa-f\s]{8,}", value.strip().strip("\"'"))
    )


def looks_random(value: str) -> bool:
    """True for a value that somebody made or drew, not a word: at least 8 characters, of two kinds."""
    if len(value) < _LITTLE or is_placeholder(value) or " " in value:
        return False
    kinds = (str.isdigit, str.islower, str.isupper, lambda c: not c.isalnum())
    return sum(any(kind(c) for c in value) for kind in kinds) >= 2 and any(c.isdigit() for c in value)


def tokens(text: str) -> Iterator[Token]:
    """The tokens in a text whose shape their maker documents, without those that are examples."""
    for row in load("secrets")["token"]:
        if any(start in text for start in row["start"]):
            for found in shape(row["shape"]).finditer(text):
                if not _is_example(found[0]):
                    yield Token(row["kind"], found.start(), found.end())


def _is_example(token: str) -> bool:
    body = re.split(r"[-_.]", token)[-1]
    lower = token.lower()
    return any(w in lower for w in ("example", "xxxx", "placeholder", "dummy", "1234567890")) or (
        len(body) >= _LITTLE and len(set(body)) < 5
    )


@cache
def shape(pattern: str) -> re.Pattern[str]:
    """A regular expression of the table, compiled when it is first needed."""
    return re.compile(pattern)


class Names:
    """File names and `*` patterns of the table as one cheap question."""

    def __init__(self, patterns: list[str]) -> None:
        self._exact = frozenset(p for p in patterns if "*" not in p)
        self._ends = tuple(p[1:] for p in patterns if p.startswith("*") and "*" not in p[1:])
        self._starts = tuple(p[:-1] for p in patterns if p.endswith("*") and "*" not in p[:-1])
        inner = [p for p in patterns if "*" in p[1:-1] or p.count("*") > 1]
        self._globs = (
            re.compile("|".join(re.escape(p).replace(r"\*", ".*") for p in inner)) if inner else None
        )

    def has(self, name: str) -> bool:
        """True when the name is one of them, or matches one."""
        if name in self._exact or name.endswith(self._ends) or name.startswith(self._starts):
            return True
        return self._globs is not None and self._globs.fullmatch(name) is not None


@cache
def names_of(section: str) -> Names:
    """The `files` of a section of the table."""
    rows: Any = load("secrets")[section]
    return Names(rows["files"])


def addresses(text: str) -> Iterator[Token]:
    """The passwords in addresses, `https://user:PASSWORD@host`, that somebody drew."""
    if "://" in text and "@" in text:
        for found in shape(load("secrets")["run"]["address"]).finditer(text):
            if found[1] is not None and found[1] != found[2] and looks_random(found[2]):
                yield Token("password in an address", found.start(2), found.end(2))


def first_secret(text: str) -> Token | None:
    """The first token, private key or password in an address that a text holds."""
    return next(tokens(text), None) or next(addresses(text), None)
