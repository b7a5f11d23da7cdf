"""What an instruction finds: ARG and ENV in their order, WORKDIR, USER, SHELL, through its base stages."""

from __future__ import annotations

import pytest

from jettison.dockerfile import Scope, environment, parse
from jettison.dockerfile.scope import final, walk


def at_end(source: bytes, **options: object) -> Scope:
    parsed = parse(source + b"\nRUN end\n")
    return environment(parsed, parsed.instructions[-1], **options)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("source", "variables"),
    [
        (b"FROM a\nENV A=1 B=$A\nENV C=$A", {"A": "1", "B": "", "C": "1"}),
        (b'FROM a\nENV A 1 2\nENV B="$A"', {"A": "1 2", "B": "1 2"}),
        (b"FROM a\nARG A=1\nENV A=2", {"A": "2"}),
        (b"FROM a\nENV A=2\nARG A=1", {"A": "1"}),
        (b"ARG A=1\nFROM a\nENV B=$A", {"B": ""}),
        (b"ARG A=1\nFROM a\nARG A\nENV B=$A", {"A": "1", "B": "1"}),
        (b"ARG A=1\nFROM a\nARG A=2\nENV B=$A", {"A": "2", "B": "2"}),
        (b"ARG A=1\nARG B=${A}x\nFROM a\nARG B", {"B": "1x"}),
        (b"FROM a\nARG A\nARG B=${A:-d}", {"B": "d"}),
        (b"FROM a AS x\nARG A=1\nENV B=2\nFROM x\nENV C=$A$B", {"A": "1", "B": "2", "C": "12"}),
        (b"FROM a AS x\nENV B=2\nFROM b\nENV C=$B", {"C": ""}),
        (b"FROM a AS x\nONBUILD ENV B=2\nENV C=$B\nFROM x\nENV D=$B", {"B": "2", "C": "", "D": "2"}),
        (b"FROM a\nENV A='$x' \"B\"=d", {"A": "$x", "B": "d"}),
        (b"# escape=`\nFROM a\nENV A=c:\\x B=`$A", {"A": "c:\\x", "B": "$A"}),
    ],
)
def test_variables(source: bytes, variables: dict[str, str]) -> None:
    assert at_end(source).variables == variables


def test_build_arguments_win_over_defaults_but_only_where_declared() -> None:
    source = b"ARG G=1\nFROM a:$G\nARG A=1\nARG B\nENV C=$A-$B-$D"
    scope = at_end(source, build_args={"A": "x", "B": "y", "D": "z", "G": "2"})
    assert scope.args == {"A": "x", "B": "y"}
    assert scope.env == {"C": "x-y-"}


def test_arguments_without_a_value_are_none() -> None:
    scope = at_end(b"FROM a\nARG A")
    assert scope.args == {"A": None}
    assert "A" not in scope.variables


@pytest.mark.parametrize(
    ("source", "workdir"),
    [
        (b"FROM a", "/"),
        (b"FROM a\nWORKDIR /a\nWORKDIR b/../c", "/a/c"),
        (b"FROM a\nWORKDIR x", "/x"),
        (b"FROM a\nENV D=/d\nWORKDIR $D/e", "/d/e"),
        (b"FROM a AS x\nWORKDIR /x\nFROM x\nWORKDIR y", "/x/y"),
        (b"FROM a\nWORKDIR //x//y/", "/x/y"),
        (b"# escape=`\nFROM a\nWORKDIR C:\\app", "C:\\app"),
        (b"FROM a\nWORKDIR", "/"),
    ],
)
def test_workdir(source: bytes, workdir: str) -> None:
    assert at_end(source).workdir == workdir


def test_user_and_shell() -> None:
    scope = at_end(b'FROM a\nARG U=app\nUSER $U:1\nSHELL ["/bin/bash", "-c"]')
    assert scope.user == "app:1"
    assert scope.shell == ("/bin/bash", "-c")
    assert at_end(b"FROM a").user is None
    assert at_end(b"FROM a").shell == ("/bin/sh", "-c")


def test_the_scope_is_the_one_before_the_instruction() -> None:
    parsed = parse(b"ARG T=1\nFROM a:$T\nENV A=1\nENV A=2")
    scopes = [environment(parsed, i) for i in parsed.instructions]
    assert [scope.env.get("A") for scope in scopes] == [None, None, None, "1"]
    assert scopes[0].args == {}
    assert scopes[1].args == {"T": "1"}
    assert scopes[1].expand("a:$T").text == "a:1"


def test_walk_and_final_agree_with_environment() -> None:
    parsed = parse(b"FROM a AS x\nENV A=1\nFROM x\nENV B=2\nWORKDIR /w\nRUN y")
    stage = parsed.target()
    for instruction, scope in walk(parsed, stage):
        assert environment(parsed, instruction) == scope
    assert final(parsed, stage).env == {"A": "1", "B": "2"}


def test_the_base_image_can_bring_something_along() -> None:
    base = Scope({"PATH": "/bin"}, {}, "/srv", "app")
    scope = at_end(b"FROM a\nENV PATH=/x:$PATH\nWORKDIR y", base=base)
    assert scope.env == {"PATH": "/x:/bin"}
    assert (scope.workdir, scope.user) == ("/srv/y", "app")


def test_values_that_double_each_time_end() -> None:
    source = b"FROM a\nENV A=xxxxxxxx\n" + b"ENV A=$A$A\n" * 60
    assert len(at_end(source).env["A"]) <= 1 << 20


def test_an_instruction_of_another_file_is_refused() -> None:
    parsed, other = parse(b"FROM a\nRUN x"), parse(b"FROM a\nRUN x")
    with pytest.raises(ValueError, match="not part"):
        environment(parsed, other.instructions[1])
