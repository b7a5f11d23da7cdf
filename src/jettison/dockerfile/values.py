"""The small values an instruction is made of. Every span is a range of bytes of the Dockerfile."""

from __future__ import annotations

from typing import NamedTuple

from jettison.spans import Span


class Word(NamedTuple):
    """One argument as written, quotes kept; a word of an exec form has its value, its span has the quotes."""

    text: str
    span: Span


class Flag(NamedTuple):
    """A builder flag `--name=value`, quotes removed from both; `value` is None without `=`."""

    name: str
    value: str | None
    span: Span
    value_span: Span


class Pair(NamedTuple):
    """A key with its value as written; `value` is None for `ARG name`."""

    key: Word
    value: Word | None


class Mount(NamedTuple):
    """A `RUN --mount`: `type` in lower case (bind when not given) and its options.

    Option names are in lower case and long (source, target, readonly, readwrite); one without `=` is "true".
    """

    type: str
    options: dict[str, str]
    flag: Flag


class Heredoc(NamedTuple):
    """A here-document: the word that opens it, its body (lines with their newlines) and the line that ends
    it.

    `expand` is False for a quoted name; `chomp` is True for `<<-`, whose body loses its leading tabs. `fd` is
    0 when none is written. `end_span` is empty when the end is missing.
    """

    name: str
    fd: int
    chomp: bool
    expand: bool
    body_span: Span
    start_span: Span
    end_span: Span
