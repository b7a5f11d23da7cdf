"""One instruction of a Dockerfile: where it stands, its flags, its words, its heredocs, its text."""

from __future__ import annotations

from jettison.dockerfile import arguments, blank, heredoc, problems
from jettison.dockerfile.text import EMPTY, LogicalLine, MappedText, heredoc_body, join, with_heredocs
from jettison.dockerfile.values import Flag, Heredoc, Mount, Pair, Word
from jettison.spans import Span

KEYWORDS = frozenset((
    "ADD", "ARG", "CMD", "COPY", "ENTRYPOINT", "ENV", "EXPOSE", "FROM", "HEALTHCHECK", "LABEL",
    "MAINTAINER", "ONBUILD", "RUN", "SHELL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
))  # fmt: skip
"""The instructions BuildKit knows (`frontend/dockerfile/command/command.go`)."""

_PAIRS = frozenset(("ENV", "LABEL", "ARG"))
_LISTS = frozenset(("ADD", "COPY", "EXPOSE", "FROM", "VOLUME"))
_MAYBE_EXEC = frozenset(("ADD", "COPY", "VOLUME", "RUN", "CMD", "ENTRYPOINT", "SHELL", "HEALTHCHECK"))
_SHELL_FORMS = frozenset(("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"))
_SPELLINGS = {word.encode(): word for word in KEYWORDS} | {word.lower().encode(): word for word in KEYWORDS}


class File:
    """What all instructions of one file share: its bytes, its escape character, where the directives end."""

    __slots__ = ("data", "escape", "first")

    def __init__(self, data: bytes, escape: int, first: int) -> None:
        self.data = data
        self.escape = escape
        self.first = first


class Instruction:
    """One instruction; what it is made of is worked out when first asked for. Compared by identity.

    `keyword` is in upper case, also where Docker does not know it. `start_line` and `end_line` are as
    BuildKit counts them, from 1: the lines of heredocs are part of the instruction, comments above it are
    not.
    """

    __slots__ = (
        "_args", "_body", "_end", "_error", "_file", "_flags", "_json", "_line", "_pieces", "_start",
        "_stop", "_words", "end_line", "heredocs", "keyword", "start_line",
    )  # fmt: skip

    def __init__(
        self, file: File, pieces: tuple[tuple[int, int], ...], end: int, lines: tuple[int, int]
    ) -> None:
        """For the scanner: `pieces` are the ranges of the source that count, at least one, blanks around
        trimmed.
        """
        self._file = file
        self._start = pieces[0][0]
        self._stop = pieces[-1][1]
        self._end = max(end, self._start)
        self._pieces = pieces if len(pieces) > 1 else None
        self.start_line, self.end_line = lines
        self.heredocs: tuple[Heredoc, ...] = ()
        self._line: LogicalLine | None = None
        self._flags: tuple[Flag, ...] | None = None
        self._json: tuple[Word, ...] | bool | None = False
        self._words: tuple[Word, ...] | None = None
        self._body: Instruction | bool | None = False
        self._error: str | bool | None = False
        data = self.line.data if self._pieces else file.data[self._start : self._stop]
        self.keyword, self._args = _split_keyword(data)

    def __repr__(self) -> str:
        return f"<{self.keyword or '(nothing)'} lines {self.start_line}-{self.end_line}>"

    @property
    def span(self) -> Span:
        """From the first byte of the keyword to the last byte, heredocs included, the final newline not."""
        return Span(self._start, self._end)

    @property
    def keyword_span(self) -> Span:
        """The keyword as written."""
        return self.line.span(0, self.ranges()[0])

    @property
    def args_span(self) -> Span:
        """The arguments after the flags, without blanks around them and without heredoc bodies."""
        start = self._args_start()
        return self.line.span(start, len(self.line.data))

    @property
    def content_end(self) -> int:
        """Where the instruction ends but for heredocs, blanks and a continuation that leads nowhere."""
        return self._stop

    @property
    def escape(self) -> str:
        """The escape character in force, a backslash or a backtick."""
        return chr(self._file.escape)

    @property
    def file(self) -> File:
        """The file the instruction stands in."""
        return self._file

    @property
    def line(self) -> LogicalLine:
        """From the keyword on in one line: continuations joined, comments and blank lines in them dropped."""
        if self._line is None:
            self._line = join(self._file.data, self._pieces or ((self._start, self._stop),))
        return self._line

    @property
    def args(self) -> str:
        """The arguments after the flags as BuildKit reads them: joined lines, without blanks around them."""
        start = self._args_start()
        return self.line.decode(start, len(self.line.data))

    @property
    def flags(self) -> tuple[Flag, ...]:
        """The builder flags in order, known to Docker or not."""
        if self._flags is None:
            data = self.line.data
            raw, rest = arguments.split_flags(data, self._args, len(data), self._file.escape)
            self._args = blank.skip(data, rest, len(data))
            self._flags = tuple([self._flag(*flag) for flag in raw])
        return self._flags

    def flag(self, name: str) -> Flag | None:
        """The first flag of that name (without dashes), None when there is none."""
        return next((flag for flag in self.flags if flag.name == name), None)

    @property
    def mounts(self) -> tuple[Mount, ...]:
        """The `--mount` flags of a RUN, in order."""
        if self.keyword != "RUN":
            return ()
        return tuple([_mount(flag) for flag in self.flags if flag.name == "mount" and flag.value is not None])

    @property
    def json(self) -> tuple[Word, ...] | None:
        """The values of an exec-form array; None for every other form."""
        if isinstance(self._json, bool):
            self._json = self._read_json()
        return self._json

    @property
    def words(self) -> tuple[Word, ...]:
        """The arguments as BuildKit splits them for this instruction.

        Exec form: the values of the array. FROM, COPY, ADD, EXPOSE, VOLUME: at blanks. ENV, LABEL, ARG: at
        blanks outside quotes. HEALTHCHECK: its type, and the rest. All others: everything as one word.
        """
        if self._words is None:
            self._words = self._read_words()
        return self._words

    def pairs(self) -> tuple[Pair, ...]:
        """The keys and values of ENV, LABEL and ARG, as written; also of `ENV key value with blanks`."""
        if self.keyword not in _PAIRS:
            return ()
        start, data = self._args_start(), self.line.data
        ranges = arguments.split_quoted(data, start, len(data), self._file.escape)
        if self.keyword != "ARG" and ranges and data.find(b"=", *ranges[0]) < 0:
            return self._legacy_pair(start)
        return tuple([self._pair(*each) for each in ranges])

    @property
    def sources(self) -> tuple[Word, ...]:
        """What COPY or ADD copies, heredoc words included."""
        return self.words[:-1] if self.keyword in ("COPY", "ADD") else ()

    @property
    def dest(self) -> Word | None:
        """Where COPY or ADD copies to."""
        return self.words[-1] if self.keyword in ("COPY", "ADD") and self.words else None

    @property
    def onbuild(self) -> Instruction | None:
        """The instruction inside ONBUILD; None for every other instruction and for an empty ONBUILD."""
        if isinstance(self._body, bool):
            self._body = self._read_body()
        return self._body

    @property
    def error(self) -> str | None:
        """Why Docker refuses this instruction by itself, None when it does not."""
        if isinstance(self._error, bool):
            self._error = problems.explain(self)
        return self._error

    def shell_text(self) -> MappedText:
        """What the shell gets, mapped back to the Dockerfile byte by byte; empty for exec forms.

        For `RUN <<EOF` it is the body, without leading tabs for `<<-`; it may begin with `#!` and is then no
        shell text but a script for that interpreter. For a command that uses heredocs it is the command, the
        bodies and the lines that end them. For ONBUILD ask its `onbuild`.
        """
        return MappedText(self._shell_line())

    def ranges(self) -> tuple[int, list[tuple[int, int]], int]:
        """Offsets into `line`: the end of the keyword, the flags, and where the arguments begin."""
        data = self.line.data
        gap = arguments.WORD_GAP.search(data)
        if gap is None:
            return len(data), [], len(data)
        raw, rest = arguments.split_flags(data, gap.end(), len(data), self._file.escape)
        return gap.start(), [(flag[1], flag[2]) for flag in raw], blank.skip(data, rest, len(data))

    def attach(self, heredocs: tuple[Heredoc, ...], end: int, end_line: int, error: str | None) -> None:
        """For the scanner: the heredocs that follow the line, and what is wrong with them."""
        self.heredocs, self._end, self.end_line = heredocs, end, end_line
        if error is not None:
            self._error = error
        if self.onbuild is not None:
            self.onbuild.attach(heredocs, end, end_line, error)

    def _args_start(self) -> int:
        _ = self.flags
        return self._args

    def _flag(self, text: str, start: int, end: int, value_start: int) -> Flag:
        name, equals, value = text[2:].partition("=")
        span = self.line.span(start, end)
        if not equals:
            return Flag(name, None, span, Span(span.end, span.end))
        return Flag(name, value, span, self.line.span(value_start, end))

    def _word(self, start: int, end: int) -> Word:
        return Word(self.line.decode(start, end), self.line.span(start, end))

    def _read_json(self) -> tuple[Word, ...] | None:
        if self.keyword not in _MAYBE_EXEC:
            return None
        start, line = self._args_start(), self.line
        if self.keyword == "HEALTHCHECK":
            start = arguments.health_command(line.data, start)
        ranges = arguments.split_array(line.data, start, len(line.data))
        if ranges is None:
            return None
        return tuple([Word(arguments.unescape(line.decode(a, b)), line.span(a, b)) for a, b in ranges])

    def _read_words(self) -> tuple[Word, ...]:
        start, data = self._args_start(), self.line.data
        if self.keyword == "HEALTHCHECK":
            return self._health_words(start)
        if self.json is not None:
            return self.json
        if self.keyword in _LISTS:
            ranges = arguments.split_plain(data, start, len(data))
        elif self.keyword in _PAIRS:
            ranges = arguments.split_quoted(data, start, len(data), self._file.escape)
        else:
            ranges = [(start, len(data))] if start < len(data) else []
        return tuple([self._word(*each) for each in ranges])

    def _health_words(self, start: int) -> tuple[Word, ...]:
        data = self.line.data
        stop, command = arguments.health_type(data, start), arguments.health_command(data, start)
        if stop == start:
            return ()
        if self.json is not None:
            return (self._word(start, stop), *self.json)
        return (self._word(start, stop), *([self._word(command, len(data))] if command < len(data) else []))

    def _legacy_pair(self, start: int) -> tuple[Pair, ...]:
        data = self.line.data
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
        start, line = self._args_start(), self.line
        if start >= len(line.data):
            return None
        pieces = tuple((part.start, part.end) for part in line.parts(start, len(line.data)))
        body = Instruction(self._file, pieces, self._end, (self.start_line, self.end_line))
        body.heredocs = self.heredocs
        return body

    def _shell_line(self) -> LogicalLine:
        if self.json is not None or self.keyword not in _SHELL_FORMS:
            return EMPTY
        start, line = self._args_start(), self.line
        if self.keyword == "HEALTHCHECK":
            start = arguments.health_command(line.data, start)
        command = line.slice(start, len(line.data))
        if not self.heredocs:
            return command
        if heredoc.read_marker(command.decode(0, len(command.data))):
            return heredoc_body(self._file.data, self.heredocs[0])
        return with_heredocs(self._file.data, command, self.heredocs)


def _split_keyword(data: bytes) -> tuple[str, int]:
    """The keyword in upper case, and where what follows it begins."""
    gap = arguments.WORD_GAP.search(data)
    stop, args = gap.span() if gap else (len(data), len(data))
    known = _SPELLINGS.get(data[:stop])
    if known is not None:
        return known, args
    word = data[:stop].decode("utf-8", "surrogateescape")
    lower = word.lower()
    return (lower if lower.isascii() else word).upper(), args


def _mount(flag: Flag) -> Mount:
    options: dict[str, str] = {}
    for field in arguments.split_csv(flag.value or ""):
        key, equals, value = field.partition("=")
        options[_LONG.get(key.lower(), key.lower())] = value if equals else "true"
    return Mount(options.get("type", "bind").lower(), options, flag)


_LONG = {"src": "source", "dst": "target", "destination": "target", "ro": "readonly", "rw": "readwrite"}
