"""What runs when a list of words is a command: wrappers such as sudo and env taken off, the name read."""

from __future__ import annotations

from typing import Any

from jettison.facts import load
from jettison.shell.script import Command, Redirect, ShellWord
from jettison.spans import Span

_BIN = frozenset(("bin", "sbin", "Scripts"))


def build(
    words: tuple[ShellWord, ...],
    span: Span,
    start: int,
    end: int,
    assignments: tuple[ShellWord, ...] = (),
    redirects: tuple[Redirect, ...] = (),
    joined_by: str = "",
    followed_by: str = "",
    context: tuple[str, ...] = (),
    unconditional: bool = True,
    must_succeed: bool = True,
) -> Command:
    """The command that these words are."""
    name = command_name(words[0].text) if words else ""
    wrappers: tuple[str, ...] = ()
    prefix: tuple[ShellWord, ...] = ()
    if name in _wrapper_names():
        words, wrappers, prefix, given = _unwrap(words)
        assignments += given
        name = command_name(words[0].text) if words else ""
    return Command(
        name, words, span, start, end, assignments, wrappers, prefix, redirects,
        joined_by, followed_by, context, unconditional, must_succeed,
    )  # fmt: skip


def command_name(word: str | None) -> str:
    """`/opt/venv/bin/pip` is `pip`; `./install` and `/app/install` stay as they are; empty when not known."""
    if word is None or "/" not in word:
        return word or ""
    folder, _, name = word.rpartition("/")
    return name if folder.rpartition("/")[2] in _BIN else word


def _wrapper_names() -> dict[str, dict[str, Any]]:
    names: dict[str, dict[str, Any]] = load("commands")["wrappers"]
    return names


def _unwrap(
    words: tuple[ShellWord, ...],
) -> tuple[tuple[ShellWord, ...], tuple[str, ...], tuple[ShellWord, ...], tuple[ShellWord, ...]]:
    wrappers: list[str] = []
    given: list[ShellWord] = []
    rest = words
    while rest:
        name = command_name(rest[0].text)
        facts = _wrapper_names().get(name)
        if facts is None:
            break
        inner = _skip_wrapper(rest, facts, given)
        if inner is None:
            break
        wrappers.append(name)
        rest = rest[inner:]
    return rest, tuple(wrappers), words[: len(words) - len(rest)], tuple(given)


def _skip_wrapper(words: tuple[ShellWord, ...], facts: dict[str, Any], given: list[ShellWord]) -> int | None:
    """The index of the wrapped command's name; None when there is none or an option says it is no wrapper."""
    values, other = facts.get("values", "").split(), facts.get("other", "").split()
    operands = facts.get("operands", 0)
    assignments: list[ShellWord] = []
    at = 1
    while at < len(words):
        text = words[at].text
        if text is None:
            return at if operands == 0 else None
        if text == "--":
            at += 1
            break
        if text.startswith("-") and text != "-":
            if text in other or text.partition("=")[0] in other:
                return None
            at += 2 if text in values else 1
            continue
        if text == "-" or ("=" in text and facts.get("assignments")):
            assignments += [words[at]] if text != "-" else []
            at += 1
            continue
        if operands == 0:
            break
        operands -= 1
        at += 1
    if at >= len(words):
        return None
    given += assignments
    return at
