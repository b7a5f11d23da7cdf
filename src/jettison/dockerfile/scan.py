"""From bytes to instructions: BuildKit's line rules, in one pass.

A line ends at `\\n`; carriage returns before it belong to the line end. An instruction goes on in the next line when
its line ends in the escape character and blanks, and the byte before is not the escape character. Comment lines and
blank lines inside a continuation are skipped. Source: BuildKit `frontend/dockerfile/parser/parser.go`.
"""

from __future__ import annotations

from typing import NamedTuple

from jettison.dockerfile import blank, heredoc
from jettison.dockerfile.directives import Directive, read_directive
from jettison.dockerfile.instruction import HEREDOC_KEYWORDS, Heredoc, Instruction, Source, read_keyword
from jettison.spans import Span

BOM = b"\xef\xbb\xbf"
LONGEST_LINE = 65535
"""Bytes of the longest line BuildKit reads (Go `bufio.MaxScanTokenSize` - 1, `parser.go` handleScannerError)."""


class SyntaxProblem(NamedTuple):
    """A place where Docker refuses the file, and why."""

    message: str
    span: Span


class Scanned(NamedTuple):
    """What the pass found, in order of the file. `comments` are spans from `#` to the end of the line."""

    escape: str
    directives: tuple[Directive, ...]
    instructions: tuple[Instruction, ...]
    comments: tuple[Span, ...]
    problems: tuple[SyntaxProblem, ...]


def scan(source: bytes) -> Scanned:
    """Find every directive, comment and instruction. Never raises; takes time in proportion to the source."""
    return _Scanner(source).run()


class _Scanner:
    __slots__ = (
        "_at", "_comments", "_directives", "_end", "_escape", "_instructions", "_last_lines", "_line", "_problems", "_source",
    )  # fmt: skip

    def __init__(self, source: bytes) -> None:
        self._source = source
        self._at = len(BOM) if source.startswith(BOM) else 0
        self._end = len(source)
        self._line = 0
        self._escape = 0x5C
        self._directives: list[Directive] = []
        self._comments: list[Span] = []
        self._instructions: list[Instruction] = []
        self._problems: list[SyntaxProblem] = []
        self._last_lines: tuple[dict[bytes, int], dict[bytes, int]] | None = None

    def run(self) -> Scanned:
        self._read_directives()
        shared = Source(self._source, self._escape, self._at)
        while self._at < self._end:
            start, stop = self._next_line()
            start = blank.skip(self._source, start, stop)
            if start == stop:
                continue
            if self._source[start] == 0x23:
                self._comments.append(Span(start, stop))
                continue
            self._instruction(shared, start, stop)
        return Scanned(
            chr(self._escape),
            tuple(self._directives),
            tuple(self._instructions),
            tuple(self._comments),
            tuple(self._problems),
        )

    def _next_line(self) -> tuple[int, int]:
        """The next line without its end; the position moves behind it."""
        start = self._at
        newline = self._source.find(b"\n", start)
        stop = self._end if newline < 0 else newline
        self._at = stop if newline < 0 else newline + 1
        self._line += 1
        if stop - start > LONGEST_LINE:
            self._problem("line longer than the 65535 bytes Docker reads", Span(start, stop))
        while stop > start and self._source[stop - 1] == 0x0D:
            stop -= 1
        return start, stop

    def _read_directives(self) -> None:
        while self._at < self._end:
            before, line = self._at, self._line
            start, stop = self._next_line()
            start = blank.skip(self._source, start, stop)
            directive = read_directive(self._source, start, stop)
            if directive is None:
                self._at, self._line = before, line
                return
            if any(known.name == directive.name for known in self._directives):
                self._problem(f"only one {directive.name} directive is allowed", directive.span)
            elif directive.name == "escape" and directive.value not in ("\\", "`"):
                self._problem(f"the escape character must be \\ or `, not {directive.value}", directive.span)
            elif directive.name == "escape":
                self._escape = ord(directive.value)
            self._directives.append(directive)

    def _problem(self, message: str, span: Span) -> None:
        self._problems.append(SyntaxProblem(message, span))

    def _continues(self, start: int, stop: int) -> int:
        """Where the text of a line ends when the instruction goes on in the next line, else -1."""
        source = self._source
        while stop > start and source[stop - 1] in b" \t":
            stop -= 1
        if stop == start or source[stop - 1] != self._escape:
            return -1
        if stop - 1 > start and source[stop - 2] == self._escape:
            return -1
        return stop - 1

    def _instruction(self, shared: Source, start: int, stop: int) -> None:
        first = self._line
        pieces: list[tuple[int, int]] = []
        while (end := self._continues(start, stop)) >= 0:
            pieces.append((start, end))
            if not (line := self._continuation()):
                stop = -1
                break
            start, stop = line
        if stop >= 0:
            pieces.append((start, stop))
        kept = _trim(self._source, pieces)
        last = self._source_end()
        span = Span(kept[0][0], max(last, kept[0][0]))
        instruction = Instruction(shared, "", span, (first, self._line), kept, 0)
        line_data = self._source[slice(*kept[0])] if len(kept) == 1 else instruction.line.data
        instruction.keyword, instruction._args = read_keyword(line_data, 0)
        if b"<<" in line_data:
            self._heredocs(instruction)
        self._instructions.append(instruction)

    def _continuation(self) -> tuple[int, int] | None:
        """The next line that carries on, past comments and blank lines; None at the end of the file."""
        while self._at < self._end:
            start, stop = self._next_line()
            text = blank.skip(self._source, start, stop)
            if text == stop:
                continue
            if self._source[text] == 0x23:
                self._comments.append(Span(text, stop))
                continue
            return start, stop
        return None

    def _source_end(self) -> int:
        """The end of the last line read, without its line end."""
        end = self._at
        if end and self._source[end - 1] == 0x0A:
            end -= 1
        while end and self._source[end - 1] == 0x0D:
            end -= 1
        return end

    def _heredocs(self, instruction: Instruction) -> None:
        inner = instruction.onbuild or instruction
        if inner.keyword not in HEREDOC_KEYWORDS or inner.json is not None:
            return
        line = instruction.line
        text = instruction.line.decode(0, len(line.data))
        found: list[Heredoc] = []
        for opening in heredoc.find_openings(text):
            end = heredoc.terminator(opening.name)
            if opening.spaced and self._last(end, opening.chomp) < self._at:
                instruction._error = inner._error = f"no line ends the heredoc {opening.name}"
                break
            start = len(text[: opening.start].encode("utf-8", "surrogateescape"))
            stop = len(text[: opening.end].encode("utf-8", "surrogateescape"))
            body, closing = self._body(end, opening.chomp)
            if closing is None:
                instruction._error = inner._error = f"no line ends the heredoc {opening.name}"
                closing = Span(body.end, body.end)
            found.append(
                Heredoc(
                    opening.name,
                    opening.fd,
                    opening.chomp,
                    opening.expand,
                    body,
                    line.span(start, stop),
                    closing,
                )
            )
        if found:
            instruction.heredocs = inner.heredocs = tuple(found)
            instruction.span = Span(instruction.span.start, self._source_end())
            instruction.end_line = self._line
            instruction._body = False

    def _body(self, end: bytes, chomp: bool) -> tuple[Span, Span | None]:
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
    """The pieces without blanks at both ends of the whole and without empty pieces; at least one, maybe empty."""
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
