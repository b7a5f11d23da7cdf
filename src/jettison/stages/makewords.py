"""Variables and functions of make in a text, as far as they are certain without running anything.

Source: the GNU make manual (make 4.4), "How to Use Variables" and "Functions for Transforming Text".
"""

from __future__ import annotations

import posixpath
from collections.abc import Callable, Mapping
from typing import NamedTuple

from jettison.stages import Refusal

Glob = Callable[[str], list[str]]
_DEEPEST = 20


class Words(NamedTuple):
    """What a text comes to with these variables; `glob` gives the files that a pattern matches."""

    variables: Mapping[str, str]
    glob: Glob

    def expand(self, text: str, depth: int = 0) -> str:
        """The text with its references replaced; raises Refusal for a function that is not certain."""
        if depth > _DEEPEST:
            raise Refusal("a variable of the Makefile refers to itself")
        made, at = [], 0
        while (dollar := text.find("$", at)) >= 0:
            made.append(text[at:dollar])
            opening = text[dollar + 1 : dollar + 2]
            if opening == "$":
                made.append("$")
                at = dollar + 2
            elif opening in ("(", "{"):
                end = _closing(text, dollar + 1)
                made.append(self._value(text[dollar + 2 : end], depth))
                at = end + 1
            else:
                made.append(self._value(opening, depth))
                at = dollar + 2
        return "".join(made) + text[at:]

    def _value(self, reference: str, depth: int) -> str:
        name, blank, rest = reference.partition(" ")
        if blank and name in _FUNCTIONS:
            return self._call(name, [self.expand(each, depth + 1) for each in _arguments(rest)])
        if blank:
            raise Refusal(f"the Makefile calls $({name} ...)")
        name, colon, change = self.expand(reference, depth + 1).partition(":")
        value = self.expand(self.variables.get(name, ""), depth + 1)
        if not colon:
            return value
        old, _, new = change.partition("=")
        pattern, by = (old, new) if "%" in old else (f"%{old}", f"%{new}")
        return " ".join(_patsubst(pattern, by, word) for word in value.split())

    def _call(self, name: str, given: list[str]) -> str:
        wanted = _FUNCTIONS[name]
        if len(given) != wanted:
            raise Refusal(f"the Makefile calls $({name}) in a way that is not certain")
        words = given[-1].split()
        if name == "wildcard":
            return " ".join(path for pattern in words for path in self.glob(pattern))
        if name == "subst":
            return given[2].replace(given[0], given[1]) if given[0] else given[2]
        if name == "filter":
            return " ".join(w for w in words if any(_matches(p, w) for p in given[0].split()))
        if name == "filter-out":
            return " ".join(w for w in words if not any(_matches(p, w) for p in given[0].split()))
        if name == "sort":
            return " ".join(sorted(set(words)))
        if name == "firstword":
            return words[0] if words else ""
        return " ".join(_changed(name, given, word) for word in words)


_FUNCTIONS = {
    "wildcard": 1, "patsubst": 3, "subst": 3, "strip": 1, "sort": 1, "notdir": 1, "dir": 1, "basename": 1,
    "addprefix": 2, "addsuffix": 2, "filter": 2, "filter-out": 2, "firstword": 1,
}  # fmt: skip
"""The functions that are understood, with the number of their arguments."""


def _changed(name: str, given: list[str], word: str) -> str:
    """What a function that goes over words makes of one."""
    match name:
        case "patsubst":
            return _patsubst(given[0].strip(), given[1].strip(), word)
        case "notdir":
            return posixpath.basename(word)
        case "dir":
            return word[: word.rfind("/") + 1] or "./"
        case "basename":
            return posixpath.splitext(word)[0]
        case "addprefix":
            return given[0] + word
        case "addsuffix":
            return word + given[0]
    return word


def _matches(pattern: str, word: str) -> bool:
    head, percent, tail = pattern.partition("%")
    long = len(word) >= len(head) + len(tail)
    return word.startswith(head) and word.endswith(tail) and long if percent else word == pattern


def _patsubst(pattern: str, by: str, word: str) -> str:
    if not _matches(pattern, word):
        return word
    head, percent, tail = pattern.partition("%")
    return by.replace("%", word[len(head) : len(word) - len(tail)], 1) if percent else by


def _closing(text: str, opening: int) -> int:
    """Where the parenthesis or brace that opens there is closed; raises Refusal when it is not."""
    pair = "()" if text[opening] == "(" else "{}"
    depth = 0
    for at in range(opening, len(text)):
        depth += (text[at] == pair[0]) - (text[at] == pair[1])
        if depth == 0:
            return at
    raise Refusal("a reference of the Makefile is not closed")


def _arguments(text: str) -> list[str]:
    """The arguments of a function, split at the commas outside of parentheses."""
    found, depth = [""], 0
    for character in text:
        depth += (character in "({") - (character in ")}")
        if character == "," and depth == 0:
            found.append("")
        else:
            found[-1] += character
    return found
