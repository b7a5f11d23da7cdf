"""Owners changed after a COPY: what Markdown cannot show."""

from __future__ import annotations

from pathlib import Path

from jettison.check import check
from jettison.findings import Basis, Finding, Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule

RULE = find_rule("chown-duplicates-layer")
BIG = b"x" * 200_000


def project(folder: Path, dockerfile: bytes, size: bytes = BIG) -> Project:
    (folder / "data.bin").write_bytes(size)
    return Project(dockerfile, root=folder, file=folder / "Dockerfile")


def fixed(folder: Path, dockerfile: bytes) -> bytes:
    done = rewrite(project(folder, dockerfile), [RULE], levels=(Safety.PROVEN,))
    assert done.dropped == ()
    return done.after.dockerfile.source


def refusal(folder: Path, dockerfile: bytes) -> str:
    (finding,) = check(project(folder, dockerfile), [RULE])
    assert finding.fix is None
    return finding.refused or ""


def one(folder: Path, dockerfile: bytes) -> Finding:
    (finding,) = check(project(folder, dockerfile), [RULE])
    return finding


def test_the_bytes_are_measured(tmp_path: Path) -> None:
    finding = one(tmp_path, b"FROM debian\nCOPY data.bin /app/\nRUN chown -R 1:1 /app\n")
    assert finding.saving.bytes == 200_000
    assert finding.saving.basis is Basis.MEASURED
    assert "0.2 MB" in finding.message


def test_crlf_and_a_missing_final_newline(tmp_path: Path) -> None:
    source = b"FROM debian\r\nWORKDIR /app\r\nCOPY data.bin .\r\nRUN chown -R 1:1 /app"
    good = b"FROM debian\r\nWORKDIR /app\r\nCOPY --chown=1:1 data.bin .\r\nRUN chown 1:1 /app"
    assert fixed(tmp_path, source) == good


def test_another_escape_character_and_json(tmp_path: Path) -> None:
    source = b'# escape=`\nFROM debian\nCOPY ["data.bin", "/app/"]\nRUN echo hi `\n  && chown -R 1:1 /app\n'
    good = b'# escape=`\nFROM debian\nCOPY --chown=1:1 ["data.bin", "/app/"]\nRUN echo hi\n'
    assert fixed(tmp_path, source) == good


def test_a_command_on_several_lines(tmp_path: Path) -> None:
    source = b"FROM debian\nWORKDIR /app\nCOPY . .\nRUN chown -R \\\n  # us\n  1:1 /app\n"
    assert "several lines" in refusal(tmp_path, source)


def test_a_run_that_fills_the_folder_itself_keeps_its_chown(tmp_path: Path) -> None:
    source = b"FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci && chown -R node:node /app\n"
    assert fixed(tmp_path, source) == source.replace(b"COPY .", b"COPY --chown=node:node .")


def test_a_few_bytes_before_a_run_that_fills_the_folder_are_not_worth_a_word(tmp_path: Path) -> None:
    source = b"FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci && chown -R node:node /app\n"
    assert check(project(tmp_path, source, b"x"), [RULE]) == ()


def test_a_chown_that_may_fail_is_not_touched(tmp_path: Path) -> None:
    source = b"FROM debian\nCOPY . /app\nRUN chown -R 1:1 /app || true\n"
    assert check(project(tmp_path, source), [RULE]) == ()


def test_another_user_in_between(tmp_path: Path) -> None:
    source = b"FROM debian\nCOPY . /app\nUSER root\nRUN chown -R 1:1 /app\n"
    assert refusal(tmp_path, source) == "USER on line 3 stands between"


def test_files_of_a_stage_that_this_one_is_built_from(tmp_path: Path) -> None:
    source = b"FROM debian AS a\nCOPY . /app\nFROM a\nCOPY data.bin /app/x\nRUN chown -R 1:1 /app\n"
    assert refusal(tmp_path, source) == "line 2 puts files below /app as well"


def test_a_variable_that_changes_in_between(tmp_path: Path) -> None:
    source = b"FROM debian\nENV U=1\nCOPY . /app\nENV U=2\nRUN chown -R $U:$U /app\n"
    assert "no value that COPY on line 3 could take" in refusal(tmp_path, source)


def test_folders_made_by_several_workdirs(tmp_path: Path) -> None:
    source = b"FROM debian\nWORKDIR /app/a/b\nCOPY . .\nRUN chown -R 1:1 /app\n"
    good = b"FROM debian\nWORKDIR /app/a/b\nCOPY --chown=1:1 . .\nRUN chown 1:1 /app /app/a /app/a/b\n"
    assert fixed(tmp_path, source) == good


def test_a_folder_made_by_a_run_gets_the_chown_there(tmp_path: Path) -> None:
    source = b"FROM debian\nRUN mkdir -p /app/logs\nCOPY . /app\nRUN chown -R 1:1 /app\n"
    good = b"FROM debian\nRUN mkdir -p /app/logs && chown -R 1:1 /app\nCOPY --chown=1:1 . /app\n"
    assert fixed(tmp_path, source) == good


def test_a_run_that_may_or_may_not_fill_the_folder(tmp_path: Path) -> None:
    source = b"FROM debian\nRUN /setup\nCOPY . /app\nRUN chown -R 1:1 /app\n"
    assert refusal(tmp_path, source) == "whether there is a /app on line 2 is not known"


def test_a_folder_that_copy_makes_with_its_parents(tmp_path: Path) -> None:
    finding = one(tmp_path, b"FROM alpine:3.20\nCOPY . /usr/src/app\nRUN chown -R 1:1 /usr/src/app\n")
    assert finding.fix is not None
    assert finding.fix.allows.change == ("/usr/src",)


def test_files_of_the_base_image_that_are_not_known(tmp_path: Path) -> None:
    source = b"FROM debian\nCOPY data.bin /etc/app/\nRUN chown -R 1:1 /etc/app\n"
    assert "the base image may have files of its own" in refusal(tmp_path, source)
    assert check(project(tmp_path, source, b"x"), [RULE]) == ()
