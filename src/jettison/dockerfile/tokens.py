"""Every byte of a Dockerfile as a token: no gaps, no overlaps, in order."""

from __future__ import annotations

from enum import Enum
from typing import TYPE_CHECKING, NamedTuple

from jettison.dockerfile import blank
from jettison.spans import Span

if TYPE_CHECKING:
    from jettison.dockerfile.document import Dockerfile
    from jettison.dockerfile.instruction import Instruction


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


def tokenize(dockerfile: Dockerfile) -> tuple[Token, ...]:
    """The tokens of a parsed file, in order; their spans, put together, are the source."""
    writer = _Writer(dockerfile.source)
    if dockerfile.bom:
        writer.put(Kind.BOM, 3)
    for directive in dockerfile.directives:
        writer.between(directive.span.start)
        writer.put(Kind.DIRECTIVE, directive.span.end)
    for instruction in dockerfile.instructions:
        _instruction(writer, instruction)
    writer.between(len(dockerfile.source))
    return tuple(writer.tokens)


def _instruction(writer: _Writer, instruction: Instruction) -> None:
    marks: list[tuple[Span, Kind]] = []
    line = instruction.line
    keyword, flags, args = instruction.ranges()
    marks += ((span, Kind.KEYWORD) for span in line.parts(0, keyword))
    for start, end in flags:
        marks += ((span, Kind.FLAG) for span in line.parts(start, end))
    marks += ((span, Kind.ARGUMENTS) for span in line.parts(args, len(line.data)))
    for doc in instruction.heredocs:
        marks += ((doc.body_span, Kind.HEREDOC), (doc.end_span, Kind.HEREDOC_END))
    for span, kind in marks:
        writer.between(span.start)
        writer.put(kind, span.end)
    writer.between(instruction.span.end)


class _Writer:
    """Puts tokens one after the other; between the known places are blanks, comments, continuations."""

    __slots__ = ("_at", "_source", "tokens")

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._at = 0
        self.tokens: list[Token] = []

    def put(self, kind: Kind, end: int) -> None:
        """A token of this kind up to `end`; nothing when it would be empty."""
        if end > self._at:
            self.tokens.append(Token(kind, Span(self._at, end)))
            self._at = end

    def between(self, end: int) -> None:
        """Tokens for everything up to `end`, which holds no keyword, flag or argument."""
        while self._at < end:
            newline = self._source.find(b"\n", self._at, end)
            stop = end if newline < 0 else newline
            line = stop
            while newline >= 0 and line > self._at and self._source[line - 1] == 0x0D:
                line -= 1
            text = blank.skip(self._source, self._at, line)
            self.put(Kind.BLANK, text)
            if self._source.startswith(b"--", text, line):
                self.put(Kind.FLAG, text + 2)
                continue
            if text < line:
                self.put(Kind.COMMENT if self._source[text] == 0x23 else Kind.CONTINUATION, line)
            if newline >= 0:
                self.put(Kind.NEWLINE, newline + 1)
