"""A whole Dockerfile: `parse` reads it, `Dockerfile` is what it says."""

from __future__ import annotations

from bisect import bisect_right
from functools import cached_property
from typing import NamedTuple

from jettison.dockerfile import stages
from jettison.dockerfile.edit import newline_of
from jettison.dockerfile.instruction import Instruction
from jettison.dockerfile.scan import BOM, Scan, SyntaxProblem
from jettison.dockerfile.stages import Stage
from jettison.dockerfile.tokens import Token, tokenize
from jettison.errors import UsageError
from jettison.spans import Span


class Position(NamedTuple):
    """A place as editors show it: line and column from 1, the column in characters without the BOM."""

    line: int
    column: int


class Comment(NamedTuple):
    """A comment line, from `#` to the end of its line; `text` is what follows the `#`, without blanks around
    it.
    """

    span: Span
    text: str


def parse(source: bytes) -> Dockerfile:
    """Read a Dockerfile. Never raises: what Docker refuses is in `errors`. Takes linear time."""
    return Dockerfile(source)


class Dockerfile:
    """A Dockerfile with the place of everything in it. Do not change it: make edits and parse the result.

    `instructions` holds every instruction in order, those Docker refuses too; `directives` the parser
    directives.
    """

    def __init__(self, source: bytes) -> None:
        found = Scan(source)
        self.source = source
        self.escape = found.escape
        self.directives = tuple(found.directives)
        self.instructions = tuple(found.instructions)
        self._scan = found

    @property
    def bom(self) -> bool:
        """True when the file begins with a UTF-8 byte order mark."""
        return self.source.startswith(BOM)

    @cached_property
    def newline(self) -> bytes:
        """The line end most lines have; a line feed when there is none."""
        return newline_of(self.source)

    @cached_property
    def tokens(self) -> tuple[Token, ...]:
        """Every byte of the source, in order, each in exactly one token."""
        return tuple(tokenize(self))

    def render(self) -> bytes:
        """The tokens put together again, which is the source."""
        rendered = bytearray()
        for _, (start, end) in tokenize(self):
            rendered += self.source[start:end]
        return bytes(rendered)

    @cached_property
    def comments(self) -> tuple[Comment, ...]:
        """The comment lines, those inside continuations too; directives are not comments."""
        return tuple(
            Comment(span, self.text(Span(span.start + 1, span.end)).strip()) for span in self._scan.comments
        )

    @cached_property
    def errors(self) -> tuple[SyntaxProblem, ...]:
        """Everything for which Docker refuses the file, in order of the file."""
        problems = list(self._scan.problems)
        problems += (SyntaxProblem(i.error, i.span) for i in self.instructions if i.error is not None)
        problems += self._without_stage()
        return tuple(sorted(problems, key=lambda problem: problem.span))

    @cached_property
    def _split(self) -> tuple[tuple[Instruction, ...], tuple[Stage, ...]]:
        return stages.split_stages(self.instructions)

    @property
    def global_args(self) -> tuple[Instruction, ...]:
        """The ARG instructions before the first FROM."""
        return self._split[0]

    @property
    def stages(self) -> tuple[Stage, ...]:
        """The build stages, one for every FROM."""
        return self._split[1]

    def stage_of(self, instruction: Instruction) -> Stage | None:
        """The stage an instruction belongs to, its FROM included; None before the first FROM."""
        starts = [stage.from_.span.start for stage in self.stages]
        index = bisect_right(starts, instruction.span.start) - 1
        return self.stages[index] if index >= 0 else None

    def at_line(self, number: int) -> Instruction | None:
        """The instruction on line `number` (from 1), its heredocs and continuations included."""
        index = bisect_right(self.instructions, number, key=lambda i: i.start_line) - 1
        found = self.instructions[index] if index >= 0 else None
        return found if found is not None and number <= found.end_line else None

    def target(self, name: str | None = None) -> Stage:
        """The stage to build: by name or number, without a name the last. Raises UsageError when there is
        none.
        """
        if not self.stages:
            raise UsageError("the Dockerfile has no FROM", "begin it with FROM and a base image")
        if name is None:
            return self.stages[-1]
        found = stages.find_stage(name, self.stages)
        if found is None:
            known = ", ".join(stage.name or str(stage.index) for stage in self.stages)
            raise UsageError(f"the Dockerfile has no stage {name}", f"its stages are: {known}")
        return found

    def below(self, stage: Stage) -> tuple[Stage, ...]:
        """The stage and every one that is built FROM it, through any between, in the order of the file."""
        return stages.below(stage, self.stages)

    def above(self, stage: Stage) -> tuple[Stage, ...]:
        """The stages that a stage is built FROM, the first one first, and itself: their layers are its
        image."""
        return stages.above(stage, self.stages)

    def lineage(self, stage: Stage) -> tuple[Stage, ...]:
        """The stages that have to be built for `stage`, itself last, in build order."""
        return stages.lineage(stage, self.stages)

    def text(self, span: Span) -> str:
        """The characters of a span; bytes that are not UTF-8 become surrogate escapes."""
        return self.source[span.start : span.end].decode("utf-8", "surrogateescape")

    def position(self, offset: int) -> Position:
        """The line and column of a byte offset; the offset just past the last byte has one too."""
        line = bisect_right(self._line_starts, offset) - 1
        start = self._line_starts[line] or len(BOM) * self.bom
        return Position(line + 1, len(self.text(Span(start, offset))) + 1)

    def line_span(self, number: int) -> Span:
        """Line `number` (from 1) with its line end. Raises IndexError when there is no such line."""
        starts = self._line_starts
        if not 1 <= number <= len(starts):
            raise IndexError(f"there is no line {number}")
        return Span(starts[number - 1], starts[number] if number < len(starts) else len(self.source))

    @cached_property
    def _line_starts(self) -> list[int]:
        starts = [0]
        at = self.source.find(b"\n")
        while at >= 0:
            starts.append(at + 1)
            at = self.source.find(b"\n", at + 1)
        return starts

    def _without_stage(self) -> list[SyntaxProblem]:
        for instruction in self.instructions:
            if instruction.keyword == "FROM":
                return []
            if instruction.keyword != "ARG" and instruction.error is None:
                return [SyntaxProblem(f"{instruction.keyword} comes before the first FROM", instruction.span)]
        what = "no FROM" if self.instructions else "no instructions"
        return [SyntaxProblem(f"the file has {what}", Span(0, len(self.source)))]
