"""One instruction of a Dockerfile: where it stands, its flags, its words, its heredocs, its text."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from jettison.dockerfile import arguments, blank, heredoc, problems
from jettison.dockerfile.arguments import RawFlag
from jettison.dockerfile.text import EMPTY, LogicalLine, MappedText
from jettison.spans import Span

KEYWORDS = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "MAINTAINER",
        "ONBUILD",
        "RUN",
        "SHELL",
        "STOPSIGNAL",
        "USER",
        "VOLUME",
        "WORKDIR",
    ]
)
"""The instructions BuildKit knows (`frontend/dockerfile/command/command.go`)."""
HEREDOC_KEYWORDS = frozenset(("ADD", "COPY", "RUN"))

_PAIRS = frozenset(("ENV", "LABEL", "ARG"))
_LISTS = frozenset(("ADD", "COPY", "EXPOSE", "FROM", "VOLUME"))
_MAYBE_EXEC = frozenset(("ADD", "COPY", "VOLUME", "RUN", "CMD", "ENTRYPOINT", "SHELL", "HEALTHCHECK"))


class Word(NamedTuple):
    """One argument as written, quotes kept; a word of an exec-form array has its value, its span has the quotes."""

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
    """A `RUN --mount`: keys in lower case, short spellings made long (source, target), a key without `=` is "true"."""

    type: str
    options: dict[str, str]
    flag: Flag


class Heredoc(NamedTuple):
    """A here-document: the word that opens it, its body (lines with their newlines) and the line that ends it.

    `expand` is False for a quoted name; `chomp` is True for `<<-`, whose body loses its leading tabs. `end_span` is
    empty when the end is missing.
    """

    name: str
    fd: int
    chomp: bool
    expand: bool
    body_span: Span
    start_span: Span
    end_span: Span


class Source(NamedTuple):
    """What all instructions of one file share: its bytes, its escape character, where the directives end."""

    data: bytes
    escape: int
    first: int


class Instruction:
    """One instruction; what it is made of is worked out when first asked for. Compared by identity.

    `keyword` is in upper case, also where Docker does not know it; `span` runs from its first byte to the last byte
    of the instruction, heredoc bodies included, the final newline not. `start_line` and `end_line` are as BuildKit
    counts them, from 1.
    """

    __slots__ = (
        "_args", "_body", "_error", "_flags", "_json", "_line", "_pieces", "_source", "_words",
        "end_line", "heredocs", "keyword", "span", "start_line",
    )  # fmt: skip

    keyword: str
    span: Span
    start_line: int
    end_line: int
    heredocs: tuple[Heredoc, ...]

    def __init__(
        self,
        source: Source,
        keyword: str,
        span: Span,
        lines: tuple[int, int],
        pieces: tuple[tuple[int, int], ...],
        args: int,
        line: LogicalLine | None = None,
    ) -> None:
        self._source = source
        self.keyword = keyword
        self.span = span
        self.start_line, self.end_line = lines
        self.heredocs = ()
        self._pieces = pieces
        self._args = args
        self._line = line
        self._flags: tuple[RawFlag, ...] | None = None
        self._json: tuple[Word, ...] | bool | None = False
        self._words: tuple[Word, ...] | None = None
        self._body: Instruction | bool | None = False
        self._error: str | bool | None = False

    def __repr__(self) -> str:
        return f"<{self.keyword or '(nothing)'} lines {self.start_line}-{self.end_line}>"

    @property
    def line(self) -> LogicalLine:
        """The instruction on one line, from its keyword on: continuations joined, comments and blank lines dropped."""
        if self._line is None:
            self._line = join(self._source.data, self._pieces)
        return self._line

    @property
    def escape(self) -> str:
        """The escape character in force, a backslash or a backtick."""
        return chr(self._source.escape)

    @property
    def source(self) -> bytes:
        """The whole file."""
        return self._source.data

    @property
    def first_byte(self) -> int:
        """The first byte of the file that is not byte order mark or directive: nothing may be put before it."""
        return self._source.first

    @property
    def keyword_span(self) -> Span:
        """The keyword as written."""
        return self.line.span(0, self.ranges()[0])

    @property
    def content_end(self) -> int:
        """The end of the last byte that counts; before `span.end` for heredocs and a continuation without a next line."""
        return self._pieces[-1][1]

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The builder flags in order, known to Docker or not."""
        self._split()
        return tuple(self._flag(raw) for raw in self._flags or ())

    def flag(self, name: str) -> Flag | None:
        """The first flag of that name (without dashes), None when there is none."""
        return next((flag for flag in self.flags if flag.name == name), None)

    @property
    def args_span(self) -> Span:
        """The arguments after the flags, without blanks around them and without heredoc bodies."""
        start = self._split()
        return self.line.span(start, len(self.line.data))

    @property
    def args(self) -> str:
        """The arguments after the flags as BuildKit reads them: joined lines, without blanks around them."""
        return self.line.decode(self._split(), len(self.line.data))

    @property
    def json(self) -> tuple[Word, ...] | None:
        """The values of an exec-form array; None for every other form."""
        if isinstance(self._json, bool):
            self._json = self._read_json()
        return self._json

    @property
    def words(self) -> tuple[Word, ...]:
        """The arguments as BuildKit splits them for this instruction.

        Exec form: the values of the array. FROM, COPY, ADD, EXPOSE, VOLUME: at blanks. ENV, LABEL, ARG: at blanks
        outside quotes. HEALTHCHECK: its type, and the rest. All others: everything as one word.
        """
        if self._words is None:
            self._words = self._read_words()
        return self._words

    @property
    def error(self) -> str | None:
        """Why Docker refuses this instruction by itself, None when it does not."""
        if isinstance(self._error, bool):
            self._error = problems.explain(self)
        return self._error

    @property
    def onbuild(self) -> Instruction | None:
        """The instruction inside ONBUILD; None for every other instruction and for an empty ONBUILD."""
        if isinstance(self._body, bool):
            self._body = self._read_body()
        return self._body

    @property
    def sources(self) -> tuple[Word, ...]:
        """What COPY or ADD copies, heredoc words included."""
        return self.words[:-1] if self.keyword in ("COPY", "ADD") else ()

    @property
    def dest(self) -> Word | None:
        """Where COPY or ADD copies to."""
        return self.words[-1] if self.keyword in ("COPY", "ADD") and self.words else None

    def pairs(self) -> tuple[Pair, ...]:
        """The keys and values of ENV, LABEL and ARG, as written; also of `ENV key value with blanks`."""
        if self.keyword not in _PAIRS:
            return ()
        data = self.line.data
        ranges = arguments.split_quoted(data, self._split(), len(data), self._source.escape)
        if self.keyword != "ARG" and ranges and data.find(b"=", *ranges[0]) < 0:
            return self._legacy_pair()
        return tuple(self._pair(start, end) for start, end in ranges)

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """The `--mount` flags of a RUN, in order."""
        if self.keyword != "RUN":
            return ()
        return tuple(_mount(flag) for flag in self.flags if flag.name == "mount" and flag.value is not None)

    def shell_text(self) -> MappedText:
        """What the shell gets, mapped back to the Dockerfile byte by byte; empty for exec forms.

        For `RUN <<EOF` it is the body, without leading tabs for `<<-`; for a command that uses heredocs it is the
        command, the bodies and the lines that end them.
        """
        return MappedText(self._shell_line())

    def ranges(self) -> tuple[int, list[tuple[int, int]], int]:
        """Offsets into `line`: the end of the keyword, the flags, and where the arguments begin."""
        gap = arguments.WORD_GAP.search(self.line.data)
        args = self._split()
        return gap.start() if gap else len(self.line.data), [raw[1:3] for raw in self._flags or ()], args

    def _shell_line(self) -> LogicalLine:
        if self.json is not None or self.keyword not in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"):
            return EMPTY
        line = self.line
        start = self._split()
        if self.keyword == "HEALTHCHECK":
            start = arguments.health_command(line.data, start)
        if not self.heredocs:
            return slice_line(line, start, len(line.data))
        if heredoc.read_marker(line.decode(start, len(line.data))):
            return _body_line(self._source.data, self.heredocs[0])
        return _with_bodies(self._source.data, slice_line(line, start, len(line.data)), self.heredocs)

    def _split(self) -> int:
        if self._flags is None:
            data = self.line.data
            self._flags, rest = arguments.split_flags(data, self._args, len(data), self._source.escape)
            self._args = blank.skip(data, rest, len(data))
        return self._args

    def _flag(self, raw: RawFlag) -> Flag:
        name, equals, value = raw.text[2:].partition("=")
        span = self.line.span(raw.start, raw.end)
        if not equals:
            return Flag(name, None, span, Span(span.end, span.end))
        return Flag(name, value, span, self.line.span(raw.value, raw.end))

    def _word(self, start: int, end: int) -> Word:
        return Word(self.line.decode(start, end), self.line.span(start, end))

    def _read_json(self) -> tuple[Word, ...] | None:
        if self.keyword not in _MAYBE_EXEC:
            return None
        data = self.line.data
        start = self._split()
        if self.keyword == "HEALTHCHECK":
            start = arguments.health_command(data, start)
        ranges = arguments.split_array(data, start, len(data))
        if ranges is None:
            return None
        line = self.line
        return tuple(Word(arguments.unescape(line.decode(a, b)), line.span(a, b)) for a, b in ranges)

    def _read_words(self) -> tuple[Word, ...]:
        line = self.line
        start, end = self._split(), len(line.data)
        if self.keyword == "HEALTHCHECK":
            return self._health_words(start, end)
        if self.json is not None:
            return self.json
        if self.keyword in _LISTS:
            ranges = arguments.split_plain(line.data, start, end)
        elif self.keyword in _PAIRS:
            ranges = arguments.split_quoted(line.data, start, end, self._source.escape)
        else:
            ranges = [(start, end)] if start < end else []
        return tuple(self._word(a, b) for a, b in ranges)

    def _health_words(self, start: int, end: int) -> tuple[Word, ...]:
        data = self.line.data
        stop, command = arguments.health_type(data, start), arguments.health_command(data, start)
        if stop == start:
            return ()
        rest = self.json if self.json is not None else (self._word(command, end),) if command < end else ()
        return (self._word(start, stop), *rest)

    def _legacy_pair(self) -> tuple[Pair, ...]:
        data = self.line.data
        start = self._split()
        gap = arguments.WORD_GAP.search(data, start)
        if gap is None:
            return (Pair(self._word(start, len(data)), None),)
        return (Pair(self._word(start, gap.start()), self._word(gap.end(), len(data))),)

    def _pair(self, start: int, end: int) -> Pair:
        equals = self.line.data.find(b"=", start, end)
        if equals < 0:
            return Pair(self._word(start, end), None)
        return Pair(self._word(start, equals), self._word(equals + 1, end))

    def _read_body(self) -> Instruction | None:
        if self.keyword != "ONBUILD":
            return None
        start = self._split()
        line = self.line
        if start >= len(line.data):
            return None
        keyword, args = read_keyword(line.data, start)
        span = Span(line.offset(start), self.span.end)
        body = Instruction(
            self._source, keyword, span, (self.start_line, self.end_line), self._pieces, args - start,
            slice_line(line, start, len(line.data)),
        )  # fmt: skip
        body.heredocs = self.heredocs
        return body


def read_keyword(data: bytes, start: int) -> tuple[str, int]:
    """The keyword at `start` in upper case, and where what follows it begins."""
    gap = arguments.WORD_GAP.search(data, start)
    stop, args = gap.span() if gap else (len(data), len(data))
    word = data[start:stop].decode("utf-8", "surrogateescape")
    lower = word.lower()
    return (lower if lower.isascii() else word).upper(), args


def join(source: bytes, pieces: Sequence[tuple[int, int]]) -> LogicalLine:
    """The pieces of the source put together."""
    if len(pieces) == 1:
        start, end = pieces[0]
        return LogicalLine(source[start:end], (0,), (start,))
    starts, at = [], 0
    for start, end in pieces:
        starts.append(at)
        at += end - start
    data = b"".join(source[start:end] for start, end in pieces)
    return LogicalLine(data, tuple(starts), tuple(start for start, _ in pieces))


def slice_line(line: LogicalLine, start: int, end: int) -> LogicalLine:
    """A part of a logical line, mapped as before."""
    if len(line.starts) == 1:
        return LogicalLine(line.data[start:end], (0,), (line.offsets[0] + start,))
    starts, offsets = [0], [line.offset(start)]
    for at, offset in zip(line.starts, line.offsets, strict=True):
        if start < at < end:
            starts.append(at - start)
            offsets.append(offset)
    return LogicalLine(line.data[start:end], tuple(starts), tuple(offsets))


def _body_line(source: bytes, doc: Heredoc) -> LogicalLine:
    if not doc.chomp:
        return join(source, (doc.body_span,))
    pieces = []
    at, end = doc.body_span
    while at < end:
        newline = source.find(b"\n", at, end)
        stop = end if newline < 0 else newline + 1
        start = at
        while start < stop and source[start] == 0x09:
            start += 1
        pieces.append((start, stop))
        at = stop
    return join(source, tuple(pieces) or ((end, end),))


def _with_bodies(source: bytes, line: LogicalLine, docs: tuple[Heredoc, ...]) -> LogicalLine:
    starts, offsets = list(line.starts), list(line.offsets)
    data = [line.data]
    at = len(line.data)
    for doc in docs:
        # BuildKit puts "\n", the body and the name one after the other; the newline is the one before the body.
        starts += (at, at + 1)
        body = source[doc.body_span.start : doc.body_span.end]
        offsets += (doc.body_span.start - 1, doc.body_span.start)
        name = source[doc.end_span.start : doc.end_span.end].lstrip(b"\t")
        starts.append(at + 1 + len(body))
        offsets.append(doc.end_span.end - len(name))
        data += (b"\n", body, name)
        at += 1 + len(body) + len(name)
    return LogicalLine(b"".join(data), tuple(starts), tuple(offsets))


def _mount(flag: Flag) -> Mount:
    options: dict[str, str] = {}
    for field in arguments.split_csv(flag.value or ""):
        key, equals, value = field.partition("=")
        options[_LONG.get(key.lower(), key.lower())] = value if equals else "true"
    return Mount(options.get("type", "bind").lower(), options, flag)


_LONG = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite"}
