"""From bytes to instructions: BuildKit's line rules, in one pass.

A line ends at `\\n`; carriage returns before it belong to the line end. An instruction goes on in the next
line when its line ends in the escape character and blanks, and the byte before is not the escape character.
Comment lines and blank lines inside a continuation are skipped. Source: BuildKit
`frontend/dockerfile/parser/parser.go`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from jettison.dockerfile import blank, heredoc
from jettison.dockerfile.directives import Directive, read_directive
from jettison.dockerfile.instruction import File, Instruction
from jettison.dockerfile.text import MappedText
from jettison.dockerfile.values import Heredoc
from jettison.spans import Span

BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 65535
"""Bytes of the longest line BuildKit reads (Go `bufio.MaxScanTokenSize` - 1, `parser.go` handleScannerError).
"""

_EMPTY_LINES = re.compile(rb"(?:\r?\n)++")
_HEREDOC_KEYWORDS = frozenset(("ADD", "COPY", "RUN"))


class SyntaxProblem(NamedTuple):
    """A place where Docker refuses the file, and why."""

    message: str
    span: Span


class Scan:
    """One pass over a file: its directives, comments (from `#` to the end of the line), instructions,
    problems.

    Never raises and takes time in proportion to the source.
    """

    __slots__ = (
        "_at", "_end", "_escape", "_last_lines", "_line", "_source", "comments", "directives",
        "instructions", "problems",
    )  # fmt: skip

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._at = len(BOM) if source.startswith(BOM) else 0
        self._end = len(source)
        self._line = 0
        self._escape = 0x5C
        self._last_lines: tuple[dict[bytes, int], dict[bytes, int]] | None = None
        self.directives: list[Directive] = []
        self.comments: list[Span] = []
        self.instructions: list[Instruction] = []
        self.problems: list[SyntaxProblem] = []
        self._read_directives()
        file = File(source, self._escape, self._at)
        while (line := self._next_text()) is not None:
            self._instruction(file, blank.skip(source, *line), line[1])

    @property
    def escape(self) -> str:
        """The escape character, a backslash unless a directive says otherwise."""
        return chr(self._escape)

    def _next_text(self) -> tuple[int, int] | None:
        """The next line that is neither blank nor a comment; None at the end of the file."""
        source = self._source
        while self._at < self._end:
            if empty := _EMPTY_LINES.match(source, self._at):
                self._line += empty.group().count(b"\n")
                self._at = empty.end()
                continue
            start, stop = self._next_line()
            text = blank.skip(source, start, stop)
            if text == stop:
                continue
            if source[text] != 0x23:
                return start, stop
            self.comments.append(Span(text, stop))
        return None

    def _next_line(self) -> tuple[int, int]:
        """The next line without its end; the position moves behind it."""
        start = self._at
        newline = self._source.find(b"\n", start)
        if newline < 0:
            stop = self._at = self._end
        else:
            stop, self._at = newline, newline + 1
        self._line += 1
        if stop - start > LONGEST_LINE:
            self._problem("line longer than the 65535 bytes Docker reads", Span(start, stop))
        while stop > start and self._source[stop - 1] == 0x0D:
            stop -= 1
        return start, stop

    def _problem(self, message: str, span: Span) -> None:
        self.problems.append(SyntaxProblem(message, span))

    def _read_directives(self) -> None:
        while self._at < self._end:
            before, line = self._at, self._line
            start, stop = self._next_line()
            directive = read_directive(self._source, blank.skip(self._source, start, stop), stop)
            if directive is None:
                self._at, self._line = before, line
                return
            if any(known.name == directive.name for known in self.directives):
                self._problem(f"only one {directive.name} directive is allowed", directive.span)
            elif directive.name == "escape" and directive.value not in ("\\", "`"):
                self._problem(f"the escape character must be \\ or `, not {directive.value}", directive.span)
            elif directive.name == "escape":
                self._escape = ord(directive.value)
            self.directives.append(directive)

    def _instruction(self, file: File, start: int, stop: int) -> None:
        first = self._line
        pieces: list[tuple[int, int]] = []
        while (end := self._continued(start, stop)) >= 0:
            pieces.append((start, end))
            line = self._next_text()
            if line is None:
                break
            start, stop = line
        else:
            pieces.append((start, stop))
        instruction = Instruction(file, _trim(self._source, pieces), self._line_end(), (first, self._line))
        if b"<<" in instruction.line.data if len(pieces) > 1 else self._source.find(b"<<", start, stop) >= 0:
            self._heredocs(instruction)
        self.instructions.append(instruction)

    def _continued(self, start: int, stop: int) -> int:
        """Where the text of a line ends when the instruction goes on in the next line, else -1."""
        source, escape = self._source, self._escape
        while stop > start and source[stop - 1] in b" \t":
            stop -= 1
        if stop == start or source[stop - 1] != escape:
            return -1
        if stop - 1 > start and source[stop - 2] == escape:
            return -1
        return stop - 1

    def _line_end(self) -> int:
        """The end of the last line read, without its line end."""
        end = self._at
        if end and self._source[end - 1] == 0x0A:
            end -= 1
        while end and self._source[end - 1] == 0x0D:
            end -= 1
        return end

    def _heredocs(self, instruction: Instruction) -> None:
        inner = instruction.onbuild or instruction
        if inner.keyword not in _HEREDOC_KEYWORDS or inner.json is not None:
            return
        text = MappedText(instruction.line)
        found: list[Heredoc] = []
        error = None
        for opening in heredoc.find_openings(text.text):
            end = heredoc.terminator(opening.name)
            span = text.span(opening.start, opening.end)
            if opening.spaced and self._last(end, opening.chomp) < self._at:
                error = f"no line ends the heredoc {opening.name}"
                break
            body, closing = self._body(end, opening.chomp)
            if closing is None:
                error = f"no line ends the heredoc {opening.name}"
                closing = Span(body.end, body.end)
            found.append(
                Heredoc(opening.name, opening.fd, opening.chomp, opening.expand, body, span, closing)
            )
        if found or error:
            instruction.attach(tuple(found), self._line_end(), self._line, error)

    def _body(self, end: bytes, chomp: bool) -> tuple[Span, Span | None]:
        """The lines up to the one that ends the heredoc, and that line; None when the file ends first."""
        begin = self._at
        while self._at < self._end:
            before = self._at
            start, stop = self._next_line()
            text = self._source[start:stop]
            if (text.lstrip(b"\t") if chomp else text) == end:
                return Span(begin, before), Span(start, stop)
        return Span(begin, self._end), None

    def _last(self, name: bytes, chomp: bool) -> int:
        """Where the last line of the file begins that could end this heredoc; -1 when there is none.

        Asked only for `<< NAME`, which is a shift or a shell's own heredoc when no line ends it.
        """
        if self._last_lines is None:
            plain: dict[bytes, int] = {}
            chomped: dict[bytes, int] = {}
            at = 0
            for text in self._source.split(b"\n"):
                line = text.rstrip(b"\r")
                plain[line] = chomped[line.lstrip(b"\t")] = at
                at += len(text) + 1
            self._last_lines = plain, chomped
        return self._last_lines[chomp].get(name, -1)


def _trim(source: bytes, pieces: list[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
    """The pieces without blanks at both ends of the whole and without empty pieces; at least one, maybe
    empty.
    """
    kept = [piece for piece in pieces if piece[0] < piece[1]] or pieces[:1]
    while True:
        start, stop = kept[0]
        start = blank.skip(source, start, stop)
        if start < stop or len(kept) == 1:
            kept[0] = (start, stop)
            break
        del kept[0]
    while True:
        start, stop = kept[-1]
        stop = blank.trim(source, start, stop)
        if start < stop or len(kept) == 1:
            kept[-1] = (start, stop)
            return tuple(kept)
        del kept[-1]
