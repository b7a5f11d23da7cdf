"""Every byte of a Dockerfile as a token: no gaps, no overlaps, in order."""

from __future__ import annotations

from collections.abc import Iterator
from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from jettison.dockerfile import blank
from jettison.spans import Span

if TYPE_CHECKING:
    from jettison.dockerfile.document import Dockerfile


class Kind(str, Enum):
    """What the bytes of a token are."""

    BOM = "bom"
    DIRECTIVE = "directive"
    COMMENT = "comment"
    BLANK = "blank"
    NEWLINE = "newline"
    KEYWORD = "keyword"
    FLAG = "flag"
    """A builder flag, or the `--` that ends them."""
    ARGUMENTS = "arguments"
    CONTINUATION = "continuation"
    """The escape character at the end of a line with the blanks after it; the newline is a token of its own.
    """
    HEREDOC = "heredoc"
    """The body of a heredoc, newlines included."""
    HEREDOC_END = "heredoc end"


class Token(NamedTuple):
    """Some bytes of the source and what they are."""

    kind: Kind
    span: Span


def tokenize(dockerfile: Dockerfile) -> Iterator[Token]:
    """The tokens of a parsed file, in order; their spans, put together, are the source."""
    source = dockerfile.source
    at = 0
    for span, kind in _known(dockerfile):
        for token in _between(source, at, span.start):
            yield token
            at = token.span.end
        if span.end > at:
            yield Token(kind, Span(at, span.end))
            at = span.end
    yield from _between(source, at, len(source))


def _known(dockerfile: Dockerfile) -> Iterator[tuple[Span, Kind]]:
    """The places of everything that is not blanks, comments and continuations."""
    if dockerfile.bom:
        yield Span(0, 3), Kind.BOM
    for directive in dockerfile.directives:
        yield directive.span, Kind.DIRECTIVE
    for instruction in dockerfile.instructions:
        line = instruction.line
        keyword, flags, args = instruction.ranges()
        for start, end, kind in (
            (0, keyword, Kind.KEYWORD),
            *((start, end, Kind.FLAG) for start, end in flags),
            (args, len(line.data), Kind.ARGUMENTS),
        ):
            for part in line.parts(start, end):
                yield part, kind
        for doc in instruction.heredocs:
            yield doc.body_span, Kind.HEREDOC
            yield doc.end_span, Kind.HEREDOC_END


def _between(source: bytes, at: int, end: int) -> Iterator[Token]:
    """Tokens for a stretch that holds no keyword, value or argument."""
    while at < end:
        newline = source.find(b"\n", at, end)
        stop = end if newline < 0 else newline
        while newline >= 0 and stop > at and source[stop - 1] == 0x0D:
            stop -= 1
        text = blank.skip(source, at, stop)
        if text > at:
            yield Token(Kind.BLANK, Span(at, text))
        if source.startswith(b"--", text, stop):
            at = text + 2
            yield Token(Kind.FLAG, Span(text, at))
            continue
        if text < stop:
            yield Token(Kind.COMMENT if source[text] == 0x23 else Kind.CONTINUATION, Span(text, stop))
        at = stop
        if newline >= 0:
            at = newline + 1
            yield Token(Kind.NEWLINE, Span(stop, at))
