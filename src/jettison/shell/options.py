"""Which words of a command are options, which are their values, which are operands."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple

from jettison.facts import load
from jettison.shell.script import Command, Option, ShellWord


class Reading(NamedTuple):
    """How a command reads its options: those that take the next word, and whether `-rf` is `-r -f`."""

    values: frozenset[str]
    cluster: bool


_UNKNOWN = Reading(frozenset(), False)


def split(command: Command) -> tuple[tuple[Option, ...], tuple[ShellWord, ...]]:
    """The options of a command in order, and its operands; of an unknown one only `--name=value` is split."""
    return split_words(command.words[1:], reading_of(command.name), "-+" if command.name == "set" else "-")


def split_words(
    words: Iterable[ShellWord], reading: Reading, dashes: str = "-"
) -> tuple[tuple[Option, ...], tuple[ShellWord, ...]]:
    """The same for words without the name, read in a given way."""
    options: list[Option] = []
    operands: list[ShellWord] = []
    rest = iter(words)
    for word in rest:
        text = word.raw if word.text is None else word.text
        if text == "--":
            operands += rest
        elif len(text) < 2 or text[0] not in dashes:
            operands.append(word)
        elif text.startswith("--") or not reading.cluster:
            options.append(_long(text, word, rest, reading))
        else:
            options += _cluster(text, word, rest, reading)
    return tuple(options), tuple(operands)


def reading_of(name: str) -> Reading:
    """How this command reads its options, by the tables of package managers and of common commands."""
    from jettison.shell.packages import find_manager

    manager = find_manager(name)
    if manager is not None:
        return Reading(manager.values, manager.cluster)
    table = load("commands")
    for style in ("clusters", "whole"):
        values = table[style].get(name)
        if values is not None:
            return Reading(frozenset(values.split()), style == "clusters")
    return _UNKNOWN


def _long(text: str, word: ShellWord, words: Iterator[ShellWord], reading: Reading) -> Option:
    name, equals, value = text.partition("=")
    if equals:
        return Option(name, value if word.text is not None else None, word)
    return Option(name, _next(words) if name in reading.values else None, word)


def _cluster(text: str, word: ShellWord, words: Iterator[ShellWord], reading: Reading) -> list[Option]:
    found: list[Option] = []
    for at in range(1, len(text)):
        name = text[0] + text[at]
        if name in reading.values:
            rest = text[at + 1 :].removeprefix("=")
            found.append(
                Option(name, (rest if word.text is not None else None) if rest else _next(words), word)
            )
            break
        found.append(Option(name, None, word))
    return found


def _next(words: Iterator[ShellWord]) -> str | None:
    value = next(words, None)
    return value.text if value else None
