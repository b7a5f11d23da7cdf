"""From a RUN to a Script: which text the shell gets, whether it is understood, and its commands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from jettison.shell.script import Command, Mapped, PlainText, Script, ShellWord
from jettison.spans import Span

if TYPE_CHECKING:
    from jettison.dockerfile import Instruction
    from jettison.shell.flow import Reading

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
    text = mapped.text
    flags: str | list[str] = _flags(text, form, shell)
    found = flags if isinstance(flags, str) else _read(mapped, flags)
    if isinstance(found, str):
        return Script(mapped, False, found, form, shell=shell, instruction=instruction)
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
    )


def _flags(text: str, form: str, shell: tuple[str, ...] | None) -> list[str] | str:
    """The options of the shell that reads the text, or why no shell does."""
    if form == "heredoc" and text.startswith("#!"):
        interpreter, *options = text[2:].partition("\n")[0].split() or ["nothing"]
        if program(interpreter) == "env" and options:
            interpreter, *options = options
        if program(interpreter) not in SHELLS:
            return f"the here-document is a script for {program(interpreter)}, not for a shell"
        return options
    if shell and program(shell[0]) not in SHELLS:
        return f"the SHELL is {program(shell[0])}, not a POSIX shell"
    if form == "heredoc" and "\r" in text:
        return "the here-document has carriage returns, which a shell takes for parts of words"
    return list(shell[1:]) if shell else []


def _read(mapped: Mapped, flags: list[str]) -> Reading | str:
    """What the text says, or why it is not understood."""
    text = mapped.text
    if "<<" in text:
        from jettison.shell.heredocs import mask

        blanked = mask(text)
        if blanked is None:
            return "a here-document inside the shell text has no end"
        text = blanked
    data = text.encode("utf-8", "surrogateescape")
    from jettison.shell import grammar

    root = grammar.parse(data)
    if root.has_error:
        root = grammar.parse(_separated(data))
    if root.has_error:
        return _complaint(data, grammar.first_error(root).start_byte)
    if b"\\ " in data and (at := grammar.lost_blank(root, data)) >= 0:
        return _complaint(data, at)
    from jettison.shell.flow import read

    try:
        return read(root, data, mapped, flags)
    except grammar.Misread as misread:
        return _complaint(data, misread.at)
    except RecursionError:
        return "the shell text is nested too deeply"


def _separated(data: bytes) -> bytes:
    """The text with `done done` as `done;done`, which means the same and which the grammar knows."""
    import re

    return re.sub(
        rb"\b(done|fi|esac|\})[ \t](?=[ \t]*(?:done|fi|esac|else|elif|\})(?:[\s;&|)]|$))", rb"\1;", data
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


def _complaint(data: bytes, start: int) -> str:
    near = data[start : start + 30].decode("utf-8", "replace").split("\n")[0].strip()
    return f"the shell text is not understood near `{near}`" if near else "the shell text ends too early"


def _offsets(text: str) -> list[int]:
    offsets, at = [0], 0
    for char in text:
        at += len(char.encode("utf-8", "surrogateescape"))
        offsets.append(at)
    return offsets
