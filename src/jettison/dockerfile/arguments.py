"""How BuildKit splits what follows the keyword: flags, words, quoted words, exec-form arrays.

Pure functions over the bytes of a logical line; they return ranges, so that every piece keeps its place.
Source: BuildKit `frontend/dockerfile/parser/line_parsers.go` and `split_command.go`.
"""

from __future__ import annotations

import re
from functools import cache

from jettison.dockerfile import blank

WORD_GAP = re.compile(rb"[\t\v\f\r ]+")
_PLAIN_WORD = re.compile(rb"[^\t\v\f\r ]+")
_STRING = rb'"(?:[^"\\\x00-\x1f]++|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*+"'
_STRING_RE = re.compile(_STRING)
_GAP = rb"[ \t\r\n]*"
_LIST = _STRING + rb"(?:" + _GAP + rb"," + _GAP + _STRING + rb")*+"
_ARRAY = re.compile(rb"\[" + _GAP + rb"(?:" + _LIST + rb")?" + _GAP + rb"\]" + _GAP)

RawFlag = tuple[str, int, int, int]
"""What BuildKit reads (quotes gone), where the flag starts and ends, where its value starts (-1 without `=`).
"""


def split_flags(data: bytes, start: int, end: int, escape: int) -> tuple[list[RawFlag], int]:
    """The flags that begin at `start`, and where the arguments after them begin.

    BuildKit scans flags byte by byte, so the bytes 0x85 and 0xA0 end a flag even inside a UTF-8 character.
    """
    flags: list[RawFlag] = []
    at = start
    while True:
        at = _skip_flag_blanks(data, at, end)
        if not data.startswith(b"--", at, end):
            return flags, at
        stop, text, value = _one_flag(data, at, end, escape)
        if text == b"--":
            return flags, stop
        flags.append((text.decode("utf-8", "surrogateescape"), at, stop, value))
        at = stop


def _skip_flag_blanks(data: bytes, at: int, end: int) -> int:
    while at < end and data[at] in _FLAG_BLANKS:
        at += 1
    return at


_FLAG_BLANKS = frozenset(b"\t\n\v\f\r \x85\xa0")
_FLAG_RUN = re.compile(rb"[^\t\n\v\f\r \x85\xa0'\"\\`=]+")


def _one_flag(data: bytes, start: int, end: int, escape: int) -> tuple[int, bytes, int]:
    text = bytearray()
    quote = 0
    value = -1
    at = start
    while at < end:
        byte = data[at]
        if run := _FLAG_RUN.match(data, at, end):
            text += run.group()
            at = run.end()
            continue
        if byte == quote:
            quote = 0
        elif not quote and byte in _FLAG_BLANKS:
            break
        elif not quote and byte in b"'\"":
            quote = byte
        else:
            if byte == escape:
                at += 1
            text += data[at : min(at + 1, end)]
            if value < 0 and text.endswith(b"="):
                value = at + 1
        at += 1
    return min(at, end), bytes(text), value


def split_plain(data: bytes, start: int, end: int) -> list[tuple[int, int]]:
    """Words between runs of blanks; quotes mean nothing (FROM, EXPOSE, COPY, ADD, VOLUME)."""
    return [found.span() for found in _PLAIN_WORD.finditer(data, start, end)]


@cache
def _quoted_word(escape: int) -> re.Pattern[bytes]:
    mark = re.escape(bytes((escape,)))
    return re.compile(
        rb"(?:" + mark + rb"(?:[\x00-\x7f\x80-\xbf]|[\xc0-\xff][\x80-\xbf]*+)"
        rb'|"(?:' + mark + rb'[\x00-\xff]|[^"' + mark + rb"]++)*+(?:\"|(?=" + mark + rb"?\Z))"
        rb"|'[^']*+(?:'|\Z)"
        rb"|(?!" + blank.PATTERN + rb")[^'\"" + mark + rb"])++"
    )


def split_quoted(data: bytes, start: int, end: int, escape: int) -> list[tuple[int, int]]:
    """Words between blanks that are neither quoted nor escaped (ENV, LABEL, ARG); quotes stay in the word."""
    words: list[tuple[int, int]] = []
    data = data[:end]
    pattern = _quoted_word(escape)
    at = blank.skip(data, start, end)
    while at < end:
        found = pattern.match(data, at)
        if found is None:  # an escape character as the very last byte, which BuildKit drops
            break
        words.append(found.span())
        at = blank.skip(data, found.end(), end)
    return words


def split_array(data: bytes, start: int, end: int) -> list[tuple[int, int]] | None:
    """The strings of an exec-form array, quotes included; None when it is not an array of strings and nothing
    else.

    Since BuildKit 0.15 (commit 80518e257, July 2024) text after the closing bracket makes it a shell form.
    """
    start = blank.skip(data, start, end)
    if start >= end or data[start] != 0x5B or not _ARRAY.fullmatch(data, start, end):
        return None
    return [found.span() for found in _STRING_RE.finditer(data, start, end)]


def array_of_other_things(data: bytes, start: int, end: int) -> bool:
    """True for a JSON array with an element that is not a string: BuildKit refuses the instruction."""
    start = blank.skip(data, start, end)
    if start >= end or data[start] != 0x5B:
        return False
    import json

    try:
        value = json.loads(
            data[start:end].decode("utf-8", "replace"),
            parse_constant=_not_json,
            parse_int=lambda digits: None,
            parse_float=lambda digits: None,
        )
    except (ValueError, RecursionError):
        return False
    return not all(isinstance(item, str) for item in value)


def _not_json(name: str) -> None:
    raise ValueError(name)


def unescape(text: str) -> str:
    """The value of a JSON string given with its quotes."""
    if "\\" not in text:
        return text[1:-1]
    import json

    value = json.loads(text)
    return value if isinstance(value, str) else text[1:-1]


def health_type(data: bytes, start: int) -> int:
    """Where the first word of HEALTHCHECK ends; BuildKit looks at single bytes here."""
    while start < len(data) and data[start] not in _FLAG_BLANKS:
        start += 1
    return start


def health_command(data: bytes, start: int) -> int:
    """Where the command of `HEALTHCHECK CMD` begins."""
    return _skip_flag_blanks(data, health_type(data, start), len(data))


def split_csv(value: str) -> list[str]:
    """The comma-separated fields of a `--mount`; a field in double quotes may hold commas."""
    if '"' not in value:
        return value.split(",") if value else []
    import csv

    return next(csv.reader([value]), [])
