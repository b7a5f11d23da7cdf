"""A shell form that needs no shell, as the list of words that the exec form has."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jettison.facts import load
from jettison.shell.parse import parse_run

if TYPE_CHECKING:
    from jettison.dockerfile import Instruction

_EXPANDED = frozenset("*?[~{")
"""Characters that make the shell look at files or users when they stand unquoted in a word."""


def to_exec(instruction: Instruction) -> list[str] | None:
    """The words of a CMD or ENTRYPOINT in shell form, without a leading `exec`; None where it takes a shell.

    Only one plain command qualifies: no operator, redirection, assignment, variable, glob or builtin.
    """
    script = parse_run(instruction)
    if not script.ok or len(script.commands) != 1 or len(script.items) != 1:
        return None
    command, item = script.commands[0], script.items[0]
    plain = item.kind == "command" and not item.background and not item.negated and not command.context
    if not plain or command.redirects or command.assignments or command.wrappers not in ((), ("exec",)):
        return None
    if command.wrappers and len(command.prefix) != 1:
        return None
    words: list[str] = []
    for word in command.words:
        if word.text is None or (_EXPANDED & set(word.raw) and not _quoted(word.raw)):
            return None
        words.append(word.text)
    return words if words and words[0] and words[0] not in load("shell")["builtins"] else None


def _quoted(raw: str) -> bool:
    """True when one pair of quotes encloses the whole word."""
    return len(raw) > 1 and raw[0] in "'\"" and raw.find(raw[0], 1) == len(raw) - 1
