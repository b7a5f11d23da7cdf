"""What a RUN says, as frozen values: a script of simple commands, each with its words and their bytes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple, Protocol

from jettison.spans import Span

if TYPE_CHECKING:
    from jettison.dockerfile import Instruction


class Mapped(Protocol):
    """Shell text that knows where in the Dockerfile each of its characters stands."""

    @property
    def text(self) -> str:
        """The text as the shell gets it, continuations joined."""

    def source_offset(self, index: int, /) -> int:
        """The byte of the Dockerfile at which character `index` starts; `len(text)` is allowed."""

    def span(self, start: int, end: int, /) -> Span:
        """The bytes of characters `start` up to `end`, up to the last one's own end."""


class PlainText(NamedTuple):
    """Shell text with an explicit offset for every character and one for the end."""

    text: str
    offsets: Sequence[int]

    def source_offset(self, index: int, /) -> int:
        """The byte at which character `index` starts."""
        return self.offsets[index]

    def span(self, start: int, end: int, /) -> Span:
        """The bytes of characters `start` up to `end`."""
        if end <= start:
            return Span(self.offsets[start], self.offsets[start])
        return Span(self.offsets[start], self.offsets[end - 1] + len(_encode(self.text[end - 1])))


def _encode(character: str) -> bytes:
    return character.encode("utf-8", "surrogateescape")


class ShellWord(NamedTuple):
    """One word. `text` is its value after quote removal, None when only the shell can know it."""

    text: str | None
    raw: str
    span: Span


class Redirect(NamedTuple):
    """`2>` to `target`; the operator carries its file descriptor. `target` is None for `>&-`."""

    operator: str
    target: ShellWord | None
    span: Span


class Option(NamedTuple):
    """One option as the command reads it: `-qqy` is three of them, `--name=x` and `-o x` have a value."""

    name: str
    value: str | None
    word: ShellWord


class Link(NamedTuple):
    """The operator between two neighbouring top-level items; a newline has the span between them."""

    operator: str
    span: Span


class Item(NamedTuple):
    """A top-level part of a script, at characters `start:end` of its text."""

    kind: str
    """`command`, `pipeline`, `subshell`, `group`, `if`, `for`, `while`, `case` or `function`."""
    start: int
    end: int
    operator: str
    """What joins it to the item before: `&&`, `||`, `;`, `&` or a newline; empty for the first."""
    background: bool
    negated: bool


@dataclass(frozen=True, slots=True)
class Command:
    """A simple command; `name` is `apt-get` for `sudo /usr/bin/apt-get`, empty when only the shell knows."""

    name: str
    words: tuple[ShellWord, ...]
    """The name first. Wrappers are taken off, redirections and leading assignments stand apart."""
    span: Span
    """Assignments, wrappers, words and redirections."""
    start: int
    end: int
    """The same as characters of the script's text."""
    assignments: tuple[ShellWord, ...] = ()
    """`VAR=x` before the name, those given through `env` included."""
    wrappers: tuple[str, ...] = ()
    """`sudo`, `env`, `exec`, `time` ... that run this command, outermost first."""
    prefix: tuple[ShellWord, ...] = ()
    """The words of the wrappers, their options included."""
    redirects: tuple[Redirect, ...] = ()
    joined_by: str = ""
    followed_by: str = ""
    context: tuple[str, ...] = ()
    """What stands around it, outermost first: `subshell`, `group`, `if`, `for`, `while`, `case`, `function`,
    `substitution`, `pipeline`, `negated`, `background`."""
    unconditional: bool = True
    """True when this command has run whenever the script ends with success."""
    must_succeed: bool = True
    """True when this command has run and succeeded whenever the script ends with success."""

    @property
    def arguments(self) -> tuple[ShellWord, ...]:
        """The words after the name."""
        return self.words[1:]

    @property
    def options(self) -> tuple[Option, ...]:
        """The options in order, by what is known of this command's options that take a value."""
        from jettison.shell.options import split

        return split(self)[0]

    @property
    def operands(self) -> tuple[ShellWord, ...]:
        """The words that are neither the name nor an option nor an option's value."""
        from jettison.shell.options import split

        return split(self)[1]

    def has_option(self, *names: str) -> bool:
        """True when any of these options is given, in whatever spelling (`-qqy` has `-y`)."""
        return any(option.name in names for option in self.options)


@dataclass(frozen=True, slots=True)
class Script:
    """The commands of one RUN. Not understood: `ok` is False, `reason` says why, `commands` is empty."""

    text: Mapped
    ok: bool = True
    reason: str = ""
    form: str = "shell"
    """`shell`, `heredoc` (the body of `RUN <<EOF` is the script) or `json` (one command, no shell)."""
    commands: tuple[Command, ...] = ()
    top: tuple[Command, ...] = ()
    """The commands outside every compound that have run and succeeded whenever the script succeeds."""
    items: tuple[Item, ...] = ()
    links: tuple[Link, ...] = ()
    errexit: bool = False
    """True when a `set -e` (or the shell's own -e) is in force at the end."""
    pipefail: bool = False
    ends_early: bool = False
    """True when an `exit`, `exec`, `return` or `trap` may end it with success before its last command."""
    shell: tuple[str, ...] | None = None
    """The SHELL in force where it is known."""
    instruction: Instruction | None = field(default=None, repr=False, compare=False)

    def named(self, *names: str) -> tuple[Command, ...]:
        """The commands with one of these names, at any depth."""
        return tuple(command for command in self.commands if command.name in names)
