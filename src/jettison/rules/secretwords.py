"""What a secret looks like: by the name of a variable, by the name of a file, by its text."""

from __future__ import annotations

import posixpath
import re
from functools import cache

from jettison.facts import load

_MOST = 65_536
"""Bytes of a file that are looked at."""


def names_secret(variable: str) -> bool:
    """True for a variable whose name says that its value is a secret, by BuildKit's own words."""
    facts = load("secret-words")
    words = variable.casefold().split("_")
    if any(word in facts["allow"] for word in words) or words[-1] in facts["harmless_ends"]:
        return False
    return any(word in facts["deny"] for word in words)


def is_placeholder(value: str) -> bool:
    """True for a value that stands where a secret has to be put, or that says where one is found."""
    plain = value.strip("\"'").casefold()
    if plain in load("secret-words")["placeholders"] or plain.startswith(("/", "$", "<", "your", "{{")):
        return True
    return len(set(plain)) <= 2


def kind_of_text(text: str) -> tuple[str, int] | None:
    """What kind of secret a text holds, and on which line; None when nothing looks like one."""
    for kind, pattern in _patterns():
        match = pattern.search(text)
        if match is not None:
            return kind, text.count("\n", 0, match.start()) + 1
    return None


def is_suspect(path: str) -> bool:
    """True for a file of the context whose name makes a look at its text worthwhile."""
    facts = load("secret-words")
    name = posixpath.basename(path).casefold()
    if any(part in facts["templates"] for part in re.split(r"[^a-z0-9]+", path.casefold())):
        return False
    return (
        name in facts["names"]
        or name in facts["suspects"]
        or name.startswith(".env.")
        or name.endswith(tuple(facts["suspect_ends"]))
    )


def kind_of_file(path: str, data: bytes) -> tuple[str, int] | None:
    """What kind of secret a suspect file holds, and on which line; None when it holds none.

    An `.env` counts when a variable that names a secret has a value of its own.
    """
    text = data[:_MOST].decode("utf-8", "replace")
    found = kind_of_text(text)
    if found is not None:
        return found
    name = posixpath.basename(path).casefold()
    if name in load("secret-words")["names"] and text.strip():
        return f"what {posixpath.basename(path)} is for", 1
    if name == ".env" or name.startswith(".env."):
        for number, line in enumerate(text.splitlines(), 1):
            key, equals, value = line.strip().removeprefix("export ").partition("=")
            if equals and names_secret(key.strip()) and not is_placeholder(value.strip()):
                return f"the value of {key.strip()}", number
    return None


@cache
def _patterns() -> tuple[tuple[str, re.Pattern[str]], ...]:
    return tuple((row["kind"], re.compile(row["text"])) for row in load("secret-words")["pattern"])
