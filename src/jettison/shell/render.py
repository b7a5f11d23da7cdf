"""Edits on the shell text of a RUN: done right in the file's own style, or refused with the reason."""

from __future__ import annotations

from jettison.shell.append import append_command
from jettison.shell.edits import Outcome, Refusal, Words, confirmed
from jettison.shell.layout import has_comment, source_of
from jettison.shell.packages import action
from jettison.shell.remove import remove_command
from jettison.shell.script import Command, Script, ShellWord
from jettison.shell.words import quote
from jettison.spans import Edit, Span

__all__ = [
    "Outcome", "Refusal", "add_option", "append_command", "remove_command", "remove_option", "remove_words",
    "replace_word",
]  # fmt: skip


def add_option(script: Script, command: Command, option: str, after: ShellWord | None = None) -> Outcome:
    """Give a command one more option, after its sub-command unless `after` names another of its words.

    No edits when it has the option already.
    """
    if not script.ok:
        return Refusal(script.reason)
    if any(word.text == option for word in command.words):
        return ()
    if after is None:
        done = action(command)
        after = done.word if done else command.words[0]
    written = _written(script, option)
    new = f", {written}" if script.form == "json" else f" {written}"
    spoken = option if script.form == "json" else written
    expected = [_with(c, after, (after.raw, spoken)) if c is command else _raws(c) for c in script.commands]
    return confirmed(
        script,
        (Edit(Span(after.span.end, after.span.end), new.encode("utf-8", "surrogateescape")),),
        expected,
    )


def remove_option(script: Script, command: Command, *names: str) -> Outcome:
    """Take options out of a command, with their values; no edits when it has none of them."""
    if not script.ok:
        return Refusal(script.reason)
    gone = _words_of(command, names)
    if isinstance(gone, Refusal):
        return gone
    edits = []
    for word in gone:
        before = command.words[_place(command, word) - 1]
        span = Span(before.span.end, word.span.end)
        if has_comment(source_of(script), span):
            return Refusal(f"a comment stands before `{word.raw}`")
        edits.append(Edit(span, b""))
    expected = [
        tuple(w.raw for w in c.words if not any(w is g for g in gone)) for c in script.commands
    ]  # fmt: skip
    return confirmed(script, tuple(edits), expected)


def remove_words(script: Script, command: Command, operands: tuple[int, ...]) -> Outcome:
    """Take some of a command's operands out, by their index."""
    if not script.ok:
        return Refusal(script.reason)
    gone = [word for index, word in enumerate(command.operands) if index in operands]
    edits = []
    for word in gone:
        span = Span(command.words[_place(command, word) - 1].span.end, word.span.end)
        if has_comment(source_of(script), span):
            return Refusal(f"a comment stands before `{word.raw}`")
        edits.append(Edit(span, b""))
    expected = [tuple(w.raw for w in c.words if not any(w is g for g in gone)) for c in script.commands]
    return confirmed(script, tuple(edits), expected)


def replace_word(script: Script, word: ShellWord, value: str) -> Outcome:
    """Write another value for a word, quoted where the shell needs it."""
    if not script.ok:
        return Refusal(script.reason)
    if has_comment(source_of(script), word.span):
        return Refusal(f"a comment stands inside `{word.raw}`")
    written = _written(script, value)
    spoken = value if script.form == "json" else written
    return confirmed(
        script,
        (Edit(word.span, written.encode("utf-8", "surrogateescape")),),
        [_with(c, word, (spoken,)) for c in script.commands],
    )


def _written(script: Script, value: str) -> str:
    if script.form != "json":
        return quote(value)
    import json

    return json.dumps(value)


def _raws(command: Command) -> Words:
    return tuple(word.raw for word in command.words)


def _with(command: Command, word: ShellWord, instead: Words) -> Words:
    return tuple(raw for w in command.words for raw in (instead if w is word else (w.raw,)))


def _place(command: Command, word: ShellWord) -> int:
    return next(index for index, other in enumerate(command.words) if other is word)


def _words_of(command: Command, names: tuple[str, ...]) -> list[ShellWord] | Refusal:
    """The words that these options and their values are."""
    from jettison.shell.options import reading_of

    done = action(command)
    options = done.options if done else command.options
    values = done.manager.values if done else reading_of(command.name).values
    found: list[ShellWord] = []
    for option in options:
        if option.name not in names:
            continue
        if sum(other.word is option.word for other in options) > 1:
            return Refusal(f"{option.name} stands together with other options in `{option.word.raw}`")
        found.append(option.word)
        if option.word.text == option.name and option.name in values:
            found += command.words[_place(command, option.word) + 1 :][:1]
    return found
