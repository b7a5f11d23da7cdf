"""BuildKit's own Go parser (PyPI `dockerfile`, BuildKit v0.12.5 of 2023) as an oracle, and where it is not
one.

`compare` judges one document on (instruction, flags, first line, last line), and more strictly also on exec
form, arguments and heredocs. Where that old parser is known to differ from BuildKit of today, the difference
is excused; each cause is one function below, and none of them excuses a document or row that shows no trace
of its cause.
"""

from __future__ import annotations

import json
import re
from typing import NamedTuple

import dockerfile as go
from jettison.dockerfile import KEYWORDS, Dockerfile, Instruction, parse


class Row(NamedTuple):
    """What is compared of one instruction; the first five are the basic comparison, all of them the strict
    one.
    """

    keyword: str
    inner: str | None
    flags: tuple[str, ...]
    start_line: int
    end_line: int
    json: bool
    values: tuple[str, ...]
    heredocs: tuple[tuple[str, int, str], ...]


class Verdict(NamedTuple):
    """`basic` and `strict` say whether both agree; `excuse` names the known fault when they do not."""

    basic: bool
    strict: bool
    excuse: str
    instructions: int
    detail: str = ""


def compare(source: bytes) -> Verdict:
    """Our reading of a document beside that of BuildKit's parser."""
    try:
        text = source.decode("utf-8")
    except UnicodeDecodeError:
        return Verdict(True, True, "the binding takes UTF-8 only", 0)
    if "\0" in text:
        return Verdict(True, True, "NUL ends the text in the C binding", 0)
    try:
        theirs, mine = oracle(text), ours(source)
    except UnicodeDecodeError:  # BuildKit ends a flag at the bytes 0x85 and 0xA0, also inside a character
        return Verdict(True, True, "the binding cannot return half a character", 0)
    if isinstance(theirs, str) or isinstance(mine, str):
        same = isinstance(theirs, str) and isinstance(mine, str)
        return Verdict(
            same,
            same,
            "" if same else document_fault(text, str(theirs)),
            0,
            f"oracle: {theirs!r:.300}\nours:   {mine!r:.300}",
        )
    if len(theirs) != len(mine):
        return Verdict(
            False, False, document_fault(text), len(theirs), f"{len(theirs)} instructions, ours {len(mine)}"
        )
    pairs = [(t, m) for t, m in zip(theirs, mine, strict=True) if t != m]
    open_ = [(t, m) for t, m in pairs if not row_fault(t, m, text)]
    excuse = (row_fault(*pairs[0], text) if pairs and not open_ else "") or (
        document_fault(text) if open_ else ""
    )
    basic = all(t[:5] == m[:5] for t, m in open_)
    return Verdict(
        basic, not open_, excuse, len(theirs), "\n".join(f"oracle: {t}\nours:   {m}" for t, m in open_[:3])
    )


def oracle(text: str) -> list[Row] | str:
    """The rows of BuildKit's parser, or its complaint."""
    try:
        commands = go.parse_string(text)
    except (go.GoParseError, go.GoIOError) as error:
        return str(error)
    return [
        Row(
            (c.cmd or "").upper(),
            c.sub_cmd.upper() if c.sub_cmd else None,
            c.flags,
            c.start_line,
            c.end_line,
            c.json,
            c.value or ("",),
            tuple((h.name, h.file_descriptor, h.content) for h in c.heredocs),
        )
        for c in commands
    ]  # fmt: skip


def ours(source: bytes) -> list[Row] | str:
    """Our rows, or our complaint where it is one that BuildKit's parser makes too (and not a later stage)."""
    parsed = parse(source)
    for problem in parsed.errors:
        if any(mark in problem.message for mark in _PARSER_COMPLAINTS):
            return problem.message
    for instruction in parsed.instructions:  # the oracle splits what is inside ONBUILD ONBUILD too
        inner = instruction.onbuild
        while inner and inner.onbuild:
            inner = inner.onbuild
        if inner and inner.error and any(mark in inner.error for mark in _PARSER_COMPLAINTS):
            return inner.error
    return [_row(parsed, instruction) for instruction in parsed.instructions]


_PARSER_COMPLAINTS = (
    "no instructions",
    "directive is allowed",
    "escape character must",
    "no line ends the heredoc",
    "65535 bytes",
    "may hold strings only",
    "must have two arguments",
    "needs the form name=value",
)


def _row(parsed: Dockerfile, instruction: Instruction) -> Row:
    body = instruction.onbuild
    inner = body or instruction
    return Row(
        instruction.keyword,
        body.keyword or None if body else None,
        tuple(_flag(flag.name, flag.value) for flag in instruction.flags),
        instruction.start_line,
        instruction.end_line,
        inner.json is not None,
        _values(inner) or ("",),
        () if body else tuple((h.name, h.fd, parsed.text(h.body_span)) for h in instruction.heredocs),
    )


def _flag(name: str, value: str | None) -> str:
    text = f"--{name}" if value is None else f"--{name}={value}"
    return text.encode("utf-8", "surrogateescape").decode(
        "latin-1"
    )  # BuildKit widens each byte to a character


def _values(instruction: Instruction) -> tuple[str, ...]:
    if instruction.keyword not in KEYWORDS or instruction.onbuild:
        return ()  # the binding shows nothing of these
    if instruction.keyword in ("ENV", "LABEL"):
        return tuple(t for p in instruction.pairs() for t in (p.key.text, p.value.text if p.value else ""))
    return tuple(word.text for word in instruction.words)


def document_fault(text: str, complaint: str = "") -> str:
    """Why the old parser may read a document otherwise; empty when nothing in it explains that."""
    for reason, pattern in _DOCUMENT_FAULTS:
        if re.search(pattern, text):
            return reason
    if _BACKTICK.search(text) and re.search(r"--[^\n]*[\\`]", text):
        return "backslash in a flag under escape=` (escapes until June 2024)"
    escape = "`" if _BACKTICK.search(text) else r"\\"
    joined = re.sub(escape + r"[ \t]*\r*\n(\s*#.*\n|\s*\n)*", "", text)
    for line in joined.split("\n"):
        if ("<<" in line or "comprised of strings" in complaint) and any(
            line[end:].strip() for end in _arrays(line)
        ):
            return "text behind a JSON array (exec form until July 2024)"
    return ""


_DIRECTIVE = r"[^\S\n]*#[^\S\n]*(?:{})[^\S\n]*="
_ESCAPE = _DIRECTIVE.format("escape") + r"[^\S\n]*`"
_BACKTICK = re.compile(rf"(?i)\A\ufeff?(?:{_DIRECTIVE.format('syntax|check|escape')}.*\n)*{_ESCAPE}")
"""A directive makes the escape character a backtick: above it stands nothing but directives."""

_DOCUMENT_FAULTS = (
    ("a blank between << and the name (heredoc since May 2025)", r"<<-?[\t\r ]+\S"),
    (
        "check directive (known since 2024) above another one",
        r"(?i)\A\ufeff?(#.*\n)*\s*#\s*check\s*=.*\n(#.*\n)*\s*#\s*\w+\s*=",
    ),
    (
        "a blank outside ASCII in a directive (trimmed since 2024)",
        r"(?m)^\s*#[\x85\xa0\u1680\u2000-\u200a\u2028\u2029\u202f\u205f\u3000]",
    ),
    ("${name#...}, % or / beside a heredoc (known since 2024)", r"(?s)\$\{[^}]*[#%/].*<<|<<.*\$\{[^}]*[#%/]"),
)


def row_fault(theirs: Row, mine: Row, text: str) -> str:
    """Why the old parser may read one instruction otherwise; empty when nothing in it explains the
    difference.
    """
    if theirs[:5] == mine[:5] and theirs.heredocs == mine.heredocs:
        if theirs.json and not mine.json and any(array == theirs.values for array in _heads(mine.values)):
            return "text behind a JSON array (exec form until July 2024)"
        if any("\0" in value for value in mine.values) and _cut(mine.values) == theirs.values:
            return "NUL ends a value in the C binding"
    escaped = _BACKTICK.search(text)
    if escaped and (theirs[:2], theirs[3:5]) == (mine[:2], mine[3:5]) and re.search(r"--[^\n]*[\\`]", text):
        return "backslash in a flag under escape=` (escapes until June 2024)"
    return ""


def _cut(values: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(value.partition("\0")[0] for value in values)


def _heads(values: tuple[str, ...]) -> list[tuple[str, ...]]:
    """The arrays that `values` may begin with, as the old parser returned them (behind the type of
    HEALTHCHECK).
    """
    found: list[tuple[str, ...]] = []
    for before, value in (((), " ".join(values)), (values[:-1], values[-1])):
        try:
            head, _ = json.JSONDecoder().raw_decode(value.lstrip())
        except ValueError:
            continue
        if isinstance(head, list):
            found.append((*before, *head) or ("",))
    return found


def _arrays(line: str) -> list[int]:
    """Where the JSON arrays of a line end."""
    ends = []
    for start in (k for k, character in enumerate(line) if character == "["):
        try:
            _, length = json.JSONDecoder().raw_decode(line[start:])
        except ValueError:
            continue
        ends.append(start + length)
    return ends
