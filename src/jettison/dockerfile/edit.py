"""Edits of a Dockerfile that respect its layout: its line ends, its indentation, its missing final newline.

Texts are given with `\\n`; where an instruction is known they take the line end of its file.
"""

from __future__ import annotations

from jettison.dockerfile.instruction import Instruction
from jettison.dockerfile.values import Flag, Word
from jettison.spans import Edit, Span


def insert_before(instruction: Instruction, text: str, *, above_comments: bool = False) -> Edit:
    """Lines before the instruction; `above_comments` puts them above the comment lines that lead up to it."""
    data = instruction.file.data
    start = _first_byte(instruction)
    if above_comments:
        start = _above_comments(instruction, start)
    lines = _encode(text.rstrip("\n"), instruction) + newline_of(data)
    return Edit(Span(start, start), lines)


def insert_after(instruction: Instruction, text: str) -> Edit:
    """Lines after the instruction and its heredocs; a file without a final newline stays without one."""
    data = instruction.file.data
    lines = newline_of(data) + _encode(text.rstrip("\n"), instruction)
    end = instruction.span.end
    content = instruction.content_end
    if content == end or instruction.heredocs:
        return Edit(Span(end, end), lines)
    return Edit(Span(content, end), _without_escape(data[content:end], instruction.escape) + lines)


def replace(target: Instruction | Word | Flag, text: str) -> Edit:
    """Other text in the place of an instruction (its heredocs included), a word or a flag."""
    if isinstance(target, Instruction):
        return Edit(target.span, _encode(text, target))
    return Edit(target.span, text.encode("utf-8", "surrogateescape"))


def replace_args(instruction: Instruction, text: str) -> Edit:
    """Other text in the place of the arguments after the flags; heredoc bodies stay as they are."""
    return Edit(instruction.args_span, _encode(text, instruction))


def delete(instruction: Instruction) -> Edit:
    """The instruction goes away with its whole lines; comments above it stay."""
    data = instruction.file.data
    newline = data.find(b"\n", instruction.span.end)
    return Edit(Span(_first_byte(instruction), len(data) if newline < 0 else newline + 1), b"")


def add_flag(instruction: Instruction, flag: str) -> Edit:
    """One more builder flag behind those that are there; on a line of its own when the last one has one."""
    data = instruction.file.data
    flags = instruction.flags
    keyword_end = instruction.keyword_span.end
    at = flags[-1].span.end if flags else keyword_end
    gap = b" "
    if flags and b"\n" in data[keyword_end : flags[-1].span.start]:
        line = data.rfind(b"\n", 0, flags[-1].span.start) + 1
        indent = data[line : flags[-1].span.start]
        if not indent.strip():
            gap = b" " + instruction.escape.encode() + newline_of(data) + indent
    return Edit(Span(at, at), gap + _encode(flag, instruction))


def remove_flag(instruction: Instruction, flag: Flag) -> Edit:
    """The flag goes away with the blanks before it; a continuation before it stays."""
    data = instruction.file.data
    start = flag.span.start
    while data[start - 1] in b" \t":
        start -= 1
    if data[start - 1] in b"\r\n":
        end = flag.span.end
        while end < len(data) and data[end] in b" \t":
            end += 1
        return Edit(Span(flag.span.start, end), b"")
    return Edit(Span(start, flag.span.end), b"")


def newline_of(data: bytes) -> bytes:
    """The line end that most lines of a file have; a line feed when there is none."""
    return b"\r\n" if data.count(b"\r\n") * 2 > data.count(b"\n") else b"\n"


def _encode(text: str, instruction: Instruction) -> bytes:
    data = text.encode("utf-8", "surrogateescape")
    newline = newline_of(instruction.file.data)
    return data if newline == b"\n" else data.replace(b"\r\n", b"\n").replace(b"\n", newline)


def _first_byte(instruction: Instruction) -> int:
    """Where the first line of the instruction begins (a byte order mark is no part of it)."""
    data = instruction.file.data
    line = data.count(b"\n", 0, instruction.span.start) + 1
    start = data.rfind(b"\n", 0, instruction.span.start) + 1
    while line > instruction.start_line:
        start = data.rfind(b"\n", 0, start - 1) + 1
        line -= 1
    return max(start, instruction.file.first)


def _above_comments(instruction: Instruction, start: int) -> int:
    data = instruction.file.data
    while start > instruction.file.first:
        above = max(data.rfind(b"\n", 0, start - 1) + 1, instruction.file.first)
        if not data[above:start].lstrip().startswith(b"#"):
            break
        start = above
    return start


def _without_escape(tail: bytes, escape: str) -> bytes:
    return tail.replace(escape.encode(), b"", 1)
