"""BusyBox's adduser and addgroup, said with the programs that every Debian image has."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from jettison.facts import load


class UnknownUsage(Exception):
    """What such a command makes is not certain."""


def user_command(name: str, words: list[str]) -> str:
    """BusyBox's adduser or addgroup as useradd, groupadd or usermod, which every Debian image has.

    Raises UnknownUsage for an option that the table does not know.
    """
    from jettison.shell.words import quote

    given, operands = _parsed(load("alpine")[name], words)
    if len(operands) == 2 and not given:
        user, group = operands
        return f"usermod --append --groups {quote(group)} {quote(user)}"
    if len(operands) != 1 or "$" in " ".join(words):
        raise UnknownUsage(f"what {name} makes is not certain")
    said = ["groupadd" if name == "addgroup" else "useradd"]
    if "system" in given:
        said.append("--system")
    if name == "addgroup":
        said += ["--gid", given["gid"]] if "gid" in given else []
        return " ".join([*said, quote(operands[0])])
    if not given.keys() & {"system", "disabled-password"}:
        raise UnknownUsage("adduser asks for a password")
    said += ["--uid", given["uid"]] if "uid" in given else []
    group = given.get("ingroup", "nogroup" if "system" in given else "")
    said += ["--gid", quote(group)] if group else ["--user-group"]
    said += ["--comment", quote(given["gecos"])] if given.get("gecos") else []
    said += ["--home-dir", quote(given["home"])] if "home" in given else []
    said.append("--no-create-home" if "no-create-home" in given else "--create-home")
    said += ["--shell", quote(given.get("shell", "/bin/false" if "system" in given else "/bin/sh"))]
    return " ".join([*said, quote(operands[0])])


def _parsed(table: dict[str, Any], words: list[str]) -> tuple[dict[str, str], list[str]]:
    """The options by their long names, and the operands."""
    values, plain = table["value"], table["plain"]
    given: dict[str, str] = {}
    operands: list[str] = []
    todo = iter(words)
    for word in todo:
        if word.startswith("--"):
            name, equals, value = word[2:].partition("=")
            if name in plain.values() and not equals:
                given[name] = ""
            elif name in values.values():
                given[name] = value if equals else next(todo, "")
            else:
                raise UnknownUsage(f"the option {word} is not known")
        elif word.startswith("-") and len(word) > 1:
            _cluster(word[1:], todo, values, plain, given)
        else:
            operands.append(word)
    return given, operands


def _cluster(
    letters: str, todo: Iterator[str], values: dict[str, str], plain: dict[str, str], given: dict[str, str]
) -> None:
    for at, letter in enumerate(letters):
        if letter in plain:
            given[plain[letter]] = ""
        elif letter in values:
            given[values[letter]] = letters[at + 1 :] or next(todo, "")
            return
        else:
            raise UnknownUsage(f"the option -{letter} is not known")
