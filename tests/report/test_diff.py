"""Diffs: git applies them to the byte, terminals are not fooled by what stands in a file."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from jettison.report.diff import FileChange, file_changes, unified
from jettison.report.style import Style

PAIRS = {
    "one line": (b"FROM a\n", b"FROM b\n"),
    "no newline before": (b"FROM a", b"FROM a\n"),
    "no newline after": (b"FROM a\n", b"FROM a"),
    "no newline in both": (b"FROM a\nCMD b", b"FROM b\nCMD b"),
    "last line changed without newline": (b"FROM a\nCMD b", b"FROM a\nCMD c"),
    "crlf": (b"FROM a\r\nRUN b\r\n", b"FROM a\r\nRUN c\r\n"),
    "crlf to lf": (b"FROM a\r\n", b"FROM a\n"),
    "lone carriage return": (b"FROM a\rRUN b\n", b"FROM a\rRUN c\n"),
    "form feed and line separator": (b"a\x0cb\x1c\xe2\x80\xa8c\n1\n", b"a\x0cb\x1c\xe2\x80\xa8c\n2\n"),
    "not utf-8": (b"# \xff\xfe\nFROM a\n", b"# \xff\xfe\nFROM b\n"),
    "from empty": (b"", b"FROM a\n"),
    "blank lines": (b"\n\n\nFROM a\n\n", b"\n\nFROM a\n\n\n"),
    "two hunks": (b"".join(b"%d\n" % n for n in range(40)), b"".join(b"%d\n" % (n % 31) for n in range(40))),
    "new": (None, b".git\nnode_modules\n"),
    "new without newline": (None, b".git"),
}


def applied(before: bytes | None, after: bytes, folder: Path, name: str = "Dockerfile") -> bytes:
    file = folder / name
    file.parent.mkdir(parents=True, exist_ok=True)
    if before is not None:
        file.write_bytes(before)
    patch = "".join(unified(FileChange(file, name, before, after))).encode("utf-8", "surrogateescape")
    subprocess.run(["git", "apply", "--whitespace=nowarn", "-"], input=patch, cwd=folder, check=True)
    return file.read_bytes()


@pytest.mark.parametrize("name", PAIRS)
def test_git_applies_the_diff(name: str, tmp_path: Path) -> None:
    before, after = PAIRS[name]
    assert applied(before, after, tmp_path) == after


@pytest.mark.parametrize("name", ["a b/Dockerfile", "grün/Dockerfile"])
def test_git_understands_the_name(name: str, tmp_path: Path) -> None:
    assert applied(b"FROM a\n", b"FROM b\n", tmp_path, name) == b"FROM b\n"
    assert applied(None, b"x\n", tmp_path, name.replace("Dockerfile", "new")) == b"x\n"


def test_equal_files_have_no_diff() -> None:
    assert list(unified(FileChange(Path("x"), "x", b"a", b"a"))) == []


LINES = st.lists(
    st.sampled_from([b"a\n", b"b\n", b"\n", b"a\r\n", b"\xff\n", b"+x\n", b"--- y\n"]), max_size=25
)


@given(LINES, LINES, st.sampled_from([b"", b"end"]), st.sampled_from([b"", b"end", b"other"]))
@settings(max_examples=300)
def test_a_diff_says_everything(old: list[bytes], new: list[bytes], old_end: bytes, new_end: bytes) -> None:
    before, after = b"".join(old) + old_end, b"".join(new) + new_end
    diff = "".join(unified(FileChange(Path("D"), "D", before, after))).encode("utf-8", "surrogateescape")
    assert patched(before, diff) == after


def patched(before: bytes, diff: bytes) -> bytes:
    """A second, independent reader of unified diffs."""
    source, result, at = split(before), [], 0
    kept = False
    for line in split(diff)[3:]:
        if line.startswith(b"@@"):
            start, _, length = line.split()[1][1:].partition(b",")
            begin = int(start) - (length != b"0")
            result += source[at:begin]
            at = begin
        elif line.startswith(b"\\"):
            if kept:
                result[-1] = result[-1].removesuffix(b"\n")
        else:
            kept = line[:1] != b"-"
            at += line[:1] != b"+"
            if kept:
                result.append(line[1:])
    return b"".join(result + source[at:])


def split(data: bytes) -> list[bytes]:
    parts = data.split(b"\n")
    return [part + b"\n" for part in parts[:-1]] + ([parts[-1]] if parts[-1] else [])


def test_on_a_terminal_control_characters_are_shown_not_obeyed() -> None:
    change = FileChange(Path("D"), "D", b"FROM a\n", b"FROM a\r\nRUN echo \x1b[2J\xe2\x80\xae\n")
    plain = "".join(unified(change))
    shown = "".join(unified(change, Style(color=False, terminal=True)))
    assert "\x1b[2J" in plain
    assert "\r\n" in plain
    assert "\x1b" not in shown
    assert "FROM a^M\n" in shown
    assert "\\x1b[2J\\u202e" in shown


def test_colour_marks_what_is_removed_and_added() -> None:
    lines = list(unified(FileChange(Path("D"), "D", b"a", b"b\n"), Style(color=True)))
    assert "\x1b[31m-a\x1b[0m\n\\ No newline at end of file\n" in lines
    assert "\x1b[32m+b\x1b[0m\n" in lines


def test_a_long_file_with_many_equal_lines_is_quick() -> None:
    before = b"RUN true\n" * 20_000
    assert len(list(unified(FileChange(Path("D"), "D", before, before + b"CMD x\n")))) == 8


def test_file_changes_leaves_out_files_that_are_already_so(tmp_path: Path) -> None:
    from jettison.project import Project
    from jettison.rewrite import Rewrite

    (tmp_path / ".dockerignore").write_bytes(b".git\n")
    before = Project(b"FROM a\n", root=tmp_path, file=tmp_path / "Dockerfile", path="x/Dockerfile")
    after = before.changed(b"FROM b\n", {".dockerignore": b".git\n", "new": b"n"})
    changes = file_changes(Rewrite(before, after, (), ()))
    assert [(c.shown, c.before, c.after) for c in changes] == [
        ("x/Dockerfile", b"FROM a\n", b"FROM b\n"),
        (str(tmp_path / "new"), None, b"n"),
    ]
