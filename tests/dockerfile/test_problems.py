"""Every reason for which Docker refuses a file, and files for which there is none."""

from __future__ import annotations

import pytest

from jettison.dockerfile import parse

REFUSED = {
    b"": "no instructions",
    b"# c\n": "no instructions",
    b"ARG a": "no FROM",
    b"RUN a\nFROM b": "RUN comes before the first FROM",
    b"FROM a\nFOO b": "unknown instruction: FOO",
    b"FROM a\n\\\n": "continuation without an instruction",
    b"# escape=x\nFROM a": "escape character must be",
    b"# escape=`\n# escape=`\nFROM a": "only one escape directive",
    b"FROM": "one or three arguments",
    b"FROM a b": "one or three arguments",
    b"FROM a AS 1b": "invalid stage name 1b",
    b"FROM a\nCOPY b": "at least two arguments",
    b'FROM a\nADD ["b"]': "at least two arguments",
    b"FROM a\nCOPY b <<E\nE\n": "heredoc as destination",
    b"FROM a\nRUN <<E\nx": "no line ends the heredoc E",
    b"FROM a\nRUN x << E\nx": "no line ends the heredoc E",
    b"FROM a\nRUN [1]": "strings only",
    b'FROM a\nCMD [null, "a"]': "strings only",
    b"FROM a\nONBUILD CMD [{}]": "strings only",
    b"FROM a\nENV": "at least one argument",
    b"FROM a\nENV b": "two arguments",
    b"FROM a\nENV b=c d": "d has no =",
    b"FROM a\nENV =c": "name of ENV is empty",
    b"FROM a\nARG =c": "name of ARG is empty",
    b"FROM a\nLABEL b": "two arguments",
    b"FROM a\nUSER": "exactly one argument",
    b"FROM a\nWORKDIR  ": "exactly one argument",
    b"FROM a\nEXPOSE": "at least one argument",
    b"FROM a\nSHELL bash": "exec form",
    b"FROM a\nSHELL []": "at least one argument",
    b"FROM a\nHEALTHCHECK": "at least one argument",
    b"FROM a\nHEALTHCHECK CMD": "no command",
    b"FROM a\nHEALTHCHECK NONE x": "no arguments",
    b"FROM a\nHEALTHCHECK x": "unknown type x",
    b"FROM a\nONBUILD": "at least one argument",
    b"FROM a\nONBUILD ONBUILD RUN x": "not allowed",
    b"FROM a\nONBUILD FROM x": "FROM is not allowed inside ONBUILD",
    b"FROM a\nONBUILD COPY x": "at least two arguments",
    b"FROM a\nRUN " + b"x" * 70_000: "65535 bytes",
}
ACCEPTED = [
    b"FROM a",
    b"ARG a\nFROM b\nRUN",
    b"FROM a AS B-1.x_y",
    b"FROM a\nRUN --unknown=flag x",
    b"FROM a\nCMD []",
    b"FROM a\nRUN [1",
    b"FROM a\nRUN [NaN]",
    b"FROM a\nENV a b c\nLABEL x=y\nARG z",
    b'FROM a\nHEALTHCHECK NONE\nHEALTHCHECK cmd ["x"]',
    b"FROM a\nONBUILD RUN <<E\nx\nE\n",
    b"FROM a\nCOPY <<E b\nE\n",
]


@pytest.mark.parametrize(("source", "message"), REFUSED.items(), ids=repr)
def test_refused(source: bytes, message: str) -> None:
    errors = parse(source).errors
    assert any(message in problem.message for problem in errors), errors
    assert all(0 <= problem.span.start <= problem.span.end <= len(source) for problem in errors)


@pytest.mark.parametrize("source", ACCEPTED, ids=repr)
def test_accepted(source: bytes) -> None:
    assert parse(source).errors == ()


def test_the_span_of_a_problem_is_the_instruction() -> None:
    source = b"FROM a\nRUN x\nFOO y\nCOPY z\n"
    assert [source[slice(*problem.span)] for problem in parse(source).errors] == [b"FOO y", b"COPY z"]
    assert [i.error for i in parse(source).instructions[:2]] == [None, None]


def test_deep_json_is_no_crash() -> None:
    assert parse(b"FROM a\nRUN " + b"[" * 60_000).errors == ()
