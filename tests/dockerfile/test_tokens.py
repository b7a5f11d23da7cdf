"""Every byte comes back: on arbitrary bytes, on Dockerfile-like documents, on what is hostile."""

from __future__ import annotations

import time

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st
from random_documents import document

from jettison.dockerfile import Dockerfile, Kind, parse

_PIECES = st.sampled_from(
    [
        b"FROM a",
        b"RUN ",
        b"COPY ",
        b"ONBUILD ",
        b"# escape=`\n",
        b"--a=b ",
        b"--",
        b"<<E",
        b"E\n",
        b"\n",
        b"\r\n",
    ]
    + [bytes((byte,)) for byte in b"\\`\r# \t\0\"'[]$:{x\x85\xff"]
    + [b"\xef\xbb\xbf", b"\xc2\xa0"]
)


def check(source: bytes) -> Dockerfile:
    """The promise of the parser: nothing lost, no gap, no overlap, no exception."""
    parsed = parse(source)
    assert parsed.render() == source
    at = 0
    for token in parsed.tokens:
        assert token.span.start == at < token.span.end
        at = token.span.end
    assert at == len(source)
    for instruction in parsed.instructions:
        look_at(parsed, instruction)
    assert parsed.errors is not None
    return parsed


def look_at(parsed: Dockerfile, instruction) -> None:
    size = len(parsed.source)
    spans = [instruction.span, instruction.args_span, instruction.keyword_span]
    spans += [word.span for word in instruction.words] + [flag.span for flag in instruction.flags]
    spans += [span for h in instruction.heredocs for span in (h.body_span, h.start_span, h.end_span)]
    assert all(0 <= span.start <= span.end <= size for span in spans)
    text = instruction.shell_text()
    for index, character in enumerate(text.text):
        offset = text.source_offset(index)
        there = parsed.source[offset : offset + 1]
        assert there[:1] == character.encode("utf-8", "surrogateescape")[:1]
    _ = instruction.pairs(), instruction.mounts, instruction.json, instruction.error, instruction.onbuild
    _ = (
        parsed.stage_of(instruction),
        parsed.position(instruction.span.end),
        parsed.at_line(instruction.end_line),
    )


@settings(max_examples=300)
@given(st.binary(max_size=200))
@example(b"\xef\xbb\xbf")
@example(b"\\")
@example(b"RUN <<\xff\n\xff")
@example(b"RUN a\\\n\\\n\\")
def test_arbitrary_bytes(source: bytes) -> None:
    check(source)


@settings(max_examples=600)
@given(st.lists(_PIECES, max_size=30).map(b"".join))
def test_what_the_line_rules_care_about(source: bytes) -> None:
    check(source)


@settings(max_examples=400)
@given(st.integers(0, 10**9).map(document))
def test_documents(source: bytes) -> None:
    check(source)


def test_kinds() -> None:
    source = b"\xef\xbb\xbf# syntax=x\r\n# c\n\n FROM --platform=p a\nRUN --x \\\n # d\n y \\\n  z\n"
    source += b"COPY <<E /f\nb\nE\nRUN -- w"
    found = [(t.kind, source[t.span.start : t.span.end]) for t in parse(source).tokens]
    plain = [(kind, text) for kind, text in found if kind not in (Kind.BLANK, Kind.NEWLINE)]
    assert plain == [
        (Kind.BOM, b"\xef\xbb\xbf"),
        (Kind.DIRECTIVE, b"# syntax=x"),
        (Kind.COMMENT, b"# c"),
        (Kind.KEYWORD, b"FROM"),
        (Kind.FLAG, b"--platform=p"),
        (Kind.ARGUMENTS, b"a"),
        (Kind.KEYWORD, b"RUN"),
        (Kind.FLAG, b"--x"),
        (Kind.CONTINUATION, b"\\"),
        (Kind.COMMENT, b"# d"),
        (Kind.ARGUMENTS, b"y "),
        (Kind.CONTINUATION, b"\\"),
        (Kind.ARGUMENTS, b"  z"),
        (Kind.KEYWORD, b"COPY"),
        (Kind.ARGUMENTS, b"<<E /f"),
        (Kind.HEREDOC, b"b\n"),
        (Kind.HEREDOC_END, b"E"),
        (Kind.KEYWORD, b"RUN"),
        (Kind.FLAG, b"--"),
        (Kind.ARGUMENTS, b"w"),
    ]


HOSTILE = {
    "nul": b"\0",
    "blank lines": b"\n",
    "blanks": b" ",
    "escapes": b"\\",
    "continuations": b"a \\\n",
    "comments in a continuation": b"RUN a \\\n#\n",
    "quotes": b"'",
    "quoted": b"'a'",
    "flags": b"--a ",
    "words": b"a ",
    "heredocs on one line": b"<<E ",
    "heredocs without an end": b"RUN << E1 <<E2\n",
    "nested substitutions": b"${a:-",
    "brackets": b"[",
    "strings": b'"a",',
    "carriage returns": b"\r",
    "instructions": b"FROM a\nCOPY --from=a b c\n",
    "long unicode blanks": "\u2003".encode(),
}


@pytest.mark.parametrize("lead", [b"", b"RUN <<x ", b"ENV ", b"COPY [", b"RUN << "], ids=repr)
@pytest.mark.parametrize("unit", HOSTILE.values(), ids=HOSTILE)
def test_time_is_linear(unit: bytes, lead: bytes) -> None:
    small, large = (cost(lead + unit * (size // len(unit))) for size in (6_000, 96_000))
    assert large < max(small, 0.004) * 16 * 4, f"{small:.4f} s for 6 kB, {large:.4f} s for 96 kB"


def cost(source: bytes) -> float:
    began = time.process_time()
    parsed = parse(source)
    for instruction in parsed.instructions[:50]:
        _ = (
            instruction.words,
            instruction.flags,
            instruction.pairs(),
            instruction.shell_text(),
            instruction.json,
        )
    _ = parsed.errors, parsed.comments, parsed.stages
    assert parsed.render() == source
    return time.process_time() - began


def test_a_normal_file_costs_well_under_a_millisecond() -> None:
    source = (
        b'FROM debian:12\nRUN apt-get update \\\n  && apt-get install -y curl\nCOPY . /app\nCMD ["a"]\n' * 8
    )
    best = min(timed(source) for _ in range(20))
    assert best < 0.002, f"{best * 1000:.2f} ms for {source.count(10)} lines"


def timed(source: bytes) -> float:
    began = time.process_time()
    parse(source)
    return time.process_time() - began
