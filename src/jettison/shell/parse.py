"""From a RUN to a Script: which text the shell gets, whether it is understood, and its commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jettison.shell.script import Command, Mapped, PlainText, Script, ShellWord
from jettison.spans import Span

if TYPE_CHECKING:
    from tree_sitter import Node

    from jettison.dockerfile import Instruction

SHELLS = frozenset(("sh", "bash", "dash", "ash", "ksh", "mksh", "zsh"))
"""Programs whose text this package reads. zsh is close enough for what a RUN says."""


def parse_run(instruction: Instruction, shell: tuple[str, ...] | None = None) -> Script:
    """The commands of a RUN, or of the shell form of CMD, ENTRYPOINT or HEALTHCHECK.

    `shell` is the SHELL in force where known: its `-e` and `-o pipefail` count, and text for another kind of
    shell is not understood. Never raises for what a Dockerfile says.
    """
    if instruction.json is not None:
        return _exec_form(instruction)
    heredocs = instruction.heredocs
    mapped = instruction.shell_text()
    body = bool(heredocs) and mapped.source_offset(0) >= heredocs[0].body_span.start
    return parse_mapped(mapped, form="heredoc" if body else "shell", shell=shell, instruction=instruction)


def parse_text(text: str, offsets: Sequence[int] | None = None) -> Script:
    """The commands of shell text; `offsets` has the byte of every character and of the end."""
    if offsets is None:
        offsets = range(len(text) + 1) if text.isascii() else _offsets(text)
    return parse_mapped(PlainText(text, offsets))


def parse_mapped(
    mapped: Mapped,
    *,
    form: str = "shell",
    shell: tuple[str, ...] | None = None,
    instruction: Instruction | None = None,
) -> Script:
    """The commands of mapped text."""

    def refused(reason: str) -> Script:
        return Script(mapped, False, reason, form, shell=shell, instruction=instruction)

    text = mapped.text
    flags = shell[1:] if shell else ()
    if shell and program(shell[0]) not in SHELLS:
        return refused(f"the SHELL is {program(shell[0])}, not a POSIX shell")
    if form == "heredoc" and text.startswith("#!"):
        interpreter, *options = text[2:].partition("\n")[0].split() or ["nothing"]
        if program(interpreter) == "env" and options:
            interpreter, *options = options
        if program(interpreter) not in SHELLS:
            return refused(f"the here-document is a script for {program(interpreter)}, not for a shell")
        flags = tuple(options)
    if "<<" in text:
        from jettison.shell.heredocs import mask

        blanked = mask(text)
        if blanked is None:
            return refused("a here-document inside the shell text has no end")
        text = blanked
    data = text.encode("utf-8", "surrogateescape")
    from jettison.shell import grammar

    root = grammar.parse(data)
    if root.has_error:
        return refused(_complaint(data, grammar.first_error(root)))
    from jettison.shell.flow import read

    try:
        found = read(root, data, text, mapped, flags)
    except RecursionError:
        return refused("the shell text is nested too deeply")
    return Script(
        mapped,
        form=form,
        shell=shell,
        instruction=instruction,
        commands=found.commands,
        top=tuple(c for c in found.commands if c.must_succeed and not c.context),
        items=found.items,
        links=found.links,
        errexit=found.errexit,
        pipefail=found.pipefail,
        ends_early=found.ends_early,
        comments=_comments(root, text),
    )


def program(path: str) -> str:
    """`/usr/bin/env` is `env`, `powershell.exe` is `powershell`."""
    return path.replace("\\", "/").rpartition("/")[2].removesuffix(".exe")


def _exec_form(instruction: Instruction) -> Script:
    from jettison.shell.commands import build

    words = tuple(ShellWord(w.text, w.text, w.span) for w in instruction.json or ())
    text = " ".join(word.raw for word in words)
    mapped = PlainText(text, [at for word in words for at in (word.span.start,) * (len(word.raw) + 1)] or [0])
    commands: tuple[Command, ...] = ()
    if words:
        span = Span(words[0].span.start, words[-1].span.end)
        commands = (build(words, span, 0, len(text)),)
    return Script(mapped, form="json", commands=commands, top=commands, instruction=instruction)


def _comments(root: Node, text: str) -> tuple[tuple[int, int], ...]:
    """Comments of the script itself, as characters; a `#` inside a compound is no end of the text."""
    if "#" not in text:
        return ()
    return tuple(
        (
            len(text.encode("utf-8", "surrogateescape")[: n.start_byte].decode("utf-8", "surrogateescape")),
            len(text.encode("utf-8", "surrogateescape")[: n.end_byte].decode("utf-8", "surrogateescape")),
        )
        for n in root.children
        if n.type == "comment"
    )


def _complaint(data: bytes, node: object) -> str:
    start = getattr(node, "start_byte", 0)
    near = data[start : start + 30].decode("utf-8", "replace").split("\n")[0].strip()
    return f"the shell text is not understood near `{near}`" if near else "the shell text ends too early"


def _offsets(text: str) -> list[int]:
    offsets, at = [0], 0
    for char in text:
        at += len(char.encode("utf-8", "surrogateescape"))
        offsets.append(at)
    return offsets
