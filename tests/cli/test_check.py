"""`jettison check`: what it reads, what it says, and with which exit code."""

from __future__ import annotations

import io
import json
import os
import sys
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace

import pytest

import jettison.context as jettison_context

Write = Callable[..., Path]


def test_findings_are_ranked_by_worth_and_say_what_to_do(jettison, dockerfile: Write) -> None:
    dockerfile("RUN odd", "RUN hmm", "RUN bad", "  RUN slow")
    ran = jettison("check")
    assert ran.code == 1
    assert ran.err == ""
    assert ran.out == (
        "Dockerfile:5:3  fake-proven (FK002)  says slow  [-41 s per rebuild, modelled]\n"
        "    fix: Say quick (needs builds to prove it: jettison fix --prove)\n"
        "Dockerfile:4:1  fake-safe (FK001)  says bad  [-12 MB, rule of thumb]\n"
        "    fix: Say good (jettison fix)\n"
        "Dockerfile:2:1  fake-refused (FK003)  says odd\n"
        "    not fixed: nobody knows what odd means\n"
        "Dockerfile:3:1  fake-suggest (FK004)  says hmm\n"
        "    suggestion, never applied by itself: Say aha\n"
        "\n"
        "4 findings in 1 Dockerfile, worth together up to -12 MB, -41 s per rebuild, rule of thumb.\n"
        "Next: jettison fix --prove   rewrites it, builds before and after, and shows the gain\n"
    )


def test_clean(jettison, dockerfile: Write) -> None:
    dockerfile("RUN true")
    assert jettison("check") == (0, "No findings in 1 Dockerfile.\n", "")


def test_the_next_step_names_another_file(jettison, dockerfile: Write) -> None:
    dockerfile("RUN bad", name="my app/Dockerfile")
    assert "Next: jettison fix 'my app/Dockerfile'   " in jettison("check", "my app").out


def test_without_a_fix_the_next_step_is_to_read(jettison, dockerfile: Write) -> None:
    dockerfile("RUN odd")
    assert "Next: jettison explain fake-refused   " in jettison("check").out


def test_a_folder_means_all_its_dockerfiles(jettison, dockerfile: Write, folder: Path) -> None:
    names = ["Dockerfile", "Dockerfile.dev", "web.Dockerfile", "Containerfile", "api.dockerfile"]
    for name in (
        *names,
        "Dockerfile.dockerignore",
        "Dockerfile.md",
        "Dockerfile~",
        "notes.txt",
        "sub/Dockerfile",
    ):
        dockerfile("RUN bad", name=name)
    ran = jettison("check", "--format", "json")
    assert sorted(each["path"] for each in json.loads(ran.out)["findings"]) == sorted(names)


def test_files_and_folders_mix_and_each_is_read_once(jettison, dockerfile: Write) -> None:
    dockerfile("RUN bad")
    dockerfile("RUN bad", name="sub/Dockerfile")
    ran = jettison("check", "Dockerfile", "sub", "Dockerfile")
    assert ran.out.count("fake-safe") == 2
    assert "2 findings in 2 Dockerfiles" in ran.out


def test_standard_input(jettison, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sys, "stdin", SimpleNamespace(buffer=io.BytesIO(b"FROM a\nRUN bad\n")))
    ran = jettison("check", "-")
    assert (ran.code, ran.out.partition("  ")[0]) == (1, "-:2:1")


@pytest.mark.parametrize("name", ["fake-safe", "FK001", "fk001", "dl9001"])
def test_select_and_ignore_understand_names_codes_and_aliases(jettison, dockerfile: Write, name: str) -> None:
    dockerfile("RUN bad", "RUN slow", "RUN odd")
    assert "fake-safe" in jettison("check", "--select", name).out
    assert "1 finding in" in jettison("check", "--select", name).out
    assert "fake-safe" not in jettison("check", "--ignore", name).out
    assert "1 finding in" in jettison("check", "--select", f"{name},FK002", "--ignore", "fake-proven").out


def test_a_rule_that_is_off_runs_when_selected(jettison, dockerfile: Write) -> None:
    dockerfile("RUN whisper")
    assert jettison("check").code == 0
    assert jettison("check", "--select", "fake-quiet").code == 1


def test_an_unknown_rule_names_the_nearest(jettison, dockerfile: Write) -> None:
    dockerfile()
    ran = jettison("check", "--select", "fake-sfe")
    assert (ran.code, ran.out) == (2, "")
    assert ran.err == "jettison: there is no rule 'fake-sfe'\n  did you mean fake-safe?\n"


def test_the_configuration_chooses_rules_and_the_call_wins(jettison, dockerfile: Write, folder: Path) -> None:
    dockerfile("RUN bad", "RUN slow")
    (folder / "jettison.toml").write_text('ignore = ["FK002"]\n')
    assert "1 finding in" in jettison("check").out
    (folder / "jettison.toml").write_text('select = ["FK002"]\n')
    assert "fake-proven" in jettison("check").out
    assert "fake-safe" in jettison("check", "--select", "FK001").out


def test_a_wrong_configuration_is_told_with_its_line(jettison, dockerfile: Write, folder: Path) -> None:
    dockerfile()
    (folder / "jettison.toml").write_text('\nselct = ["FK002"]\n')
    ran = jettison("check")
    assert ran.code == 2
    assert "jettison.toml:2: unknown key 'selct'" in ran.err
    assert "did you mean 'select'?" in ran.err


def test_an_unknown_format_lists_the_formats(jettison, dockerfile: Write) -> None:
    dockerfile()
    assert jettison("check", "--format", "yaml") == (
        2,
        "",
        "jettison: there is no format 'yaml'\n  formats: text, json, markdown, html\n",
    )


def test_an_unknown_target_lists_the_stages(jettison, dockerfile: Write) -> None:
    dockerfile("FROM debian:12 AS Build")
    ran = jettison("check", "--target", "biuld")
    assert ran.code == 2
    assert ran.err == "jettison: Dockerfile: there is no stage 'biuld'\n  stages with a name: build\n"
    for target in ("build", "BUILD", "1"):
        assert jettison("check", "--target", target).code == 0


def test_build_arguments_need_a_name(jettison, dockerfile: Write) -> None:
    dockerfile()
    assert jettison("check", "--build-arg", "=x").code == 2
    assert jettison("check", "--build-arg", "A=x", "--build-arg", "HOME").code == 0


def test_dockerfiles_of_one_folder_share_one_walk_of_it(
    jettison, dockerfile: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("Dockerfile", "a.Dockerfile", "b.Dockerfile", "own.Dockerfile"):
        dockerfile("RUN looks", name=name)
    (folder / "own.Dockerfile.dockerignore").write_text("*\n")
    reads: list[str] = []
    read = jettison_context.read_context
    monkeypatch.setattr(jettison_context, "read_context", lambda *a: (reads.append(str(a[1])), read(*a))[1])
    assert jettison("check").code == 0
    assert reads == ["Dockerfile", "own.Dockerfile"]


class TestHostileInput:
    def test_no_such_path(self, jettison) -> None:
        assert jettison("check", "nowhere") == (2, "", "jettison: nowhere: no such file or folder\n")

    def test_no_dockerfile_here_but_deeper(self, jettison, dockerfile: Write) -> None:
        dockerfile(name="deploy/web/Dockerfile")
        dockerfile(name="node_modules/x/Dockerfile")
        ran = jettison("check")
        assert ran.code == 2
        assert ran.err == "jettison: .: no Dockerfile in this folder\n  there is deploy/web/Dockerfile\n"

    def test_no_dockerfile_anywhere(self, jettison) -> None:
        assert "name a Dockerfile" in jettison("check").err

    def test_the_dockerfile_is_a_folder(self, jettison, folder: Path) -> None:
        (folder / "Dockerfile").mkdir()
        assert "its Dockerfile is a folder" in jettison("check").err
        assert jettison("check", "Dockerfile").code == 2

    def test_a_broken_link(self, jettison, folder: Path) -> None:
        (folder / "Dockerfile").symlink_to("nowhere")
        ran = jettison("check")
        assert ran.code == 2
        assert ran.err == "jettison: Dockerfile: cannot be read: No such file or directory\n"

    def test_unreadable(self, jettison, dockerfile: Write, monkeypatch: pytest.MonkeyPatch) -> None:
        path = dockerfile()
        path.chmod(0)
        if os.geteuid() == 0:  # root reads everything: let the system call fail instead

            def denied(*_args: object) -> None:
                raise PermissionError(13, "Permission denied", "Dockerfile")

            monkeypatch.setattr("jettison.cli.sources._read_file", denied)
        assert jettison("check") == (2, "", "jettison: Dockerfile: cannot be read: Permission denied\n")

    def test_what_can_be_read_is_still_checked(self, jettison, dockerfile: Write, folder: Path) -> None:
        dockerfile("RUN bad")
        (folder / "Dockerfile.loop").symlink_to("Dockerfile.loop")
        ran = jettison("check")
        assert ran.code == 2
        assert "fake-safe" in ran.out
        assert "Dockerfile.loop: cannot be read" in ran.err

    def test_fifty_megabytes(self, jettison, folder: Path) -> None:
        with open(folder / "Dockerfile", "wb") as file:
            file.write(b"FROM a\n")
            file.truncate(50_000_000)
        ran = jettison("check")
        assert ran.code == 2
        assert "Dockerfile: larger than 4 MB" in ran.err

    def test_an_endless_file(self, jettison) -> None:
        assert "larger than 4 MB" in jettison("check", "/dev/zero").err

    def test_four_megabytes_are_read_in_reasonable_time(self, jettison, folder: Path) -> None:
        (folder / "Dockerfile").write_bytes(b"FROM a\n" + b"# x\n" * 950_000)
        assert jettison("check").code == 0

    @pytest.mark.parametrize(
        ("content", "line"),
        [
            (b"FROM a\nRUN \0x\n", "2:5  parse-error (JT600)  a NUL byte"),
            (b"", "1:1  parse-error (JT600)  Docker refuses this: the file has no instructions"),
            (b"\n# nothing\n", "1:1  parse-error (JT600)  "),
            (b"RUN true\n", "parse-error (JT600)  "),
            (b"FROM a\nFORM b\n", "2:1  parse-error (JT600)  "),
            ("FROM a\n".encode("utf-16"), "1:1  parse-error (JT600)  this is UTF-16 text"),
            (b"\x7fELF\x02\x01\x01\0\0\0", "parse-error (JT600)  a NUL byte"),
        ],
    )
    def test_what_is_no_dockerfile_is_a_finding(
        self, jettison, folder: Path, content: bytes, line: str
    ) -> None:
        (folder / "Dockerfile").write_bytes(content)
        ran = jettison("check")
        assert ran.code == 1
        assert f"Dockerfile:{line}" in ran.out or line in ran.out.splitlines()[0]
        assert ran.err == ""

    def test_what_breaks_the_build_comes_first(self, jettison, dockerfile: Write) -> None:
        dockerfile("RUN bad", "WHAT now")
        assert "parse-error" in jettison("check").out.splitlines()[0]

    def test_escape_sequences_do_not_reach_the_terminal(self, jettison, folder: Path) -> None:
        (folder / "Dockerfile").write_bytes(b"FROM a\n\x1b]0;owned\x07X y\n")
        ran = jettison("check")
        assert ran.code == 1
        assert "\x1b" not in ran.out
        assert "\x07" not in ran.out

    def test_names_that_are_not_utf8(self, jettison, folder: Path) -> None:
        name = os.fsdecode(b"\xff.Dockerfile")
        (folder / name).write_text("FROM a\nRUN bad\n")
        assert jettison("check").out.startswith(f"{name}:2:1")
        json.loads(jettison("check", "--format", "json").out.encode())

    def test_a_context_that_does_not_exist(self, jettison, dockerfile: Write) -> None:
        path = dockerfile()
        assert (
            jettison("check", "--context", "nowhere").err == "jettison: --context nowhere: no such folder\n"
        )
        assert jettison("check", "--context", path).err == f"jettison: --context {path}: not a folder\n"

    def test_what_stops_the_builder_in_the_context_is_told(
        self, jettison, dockerfile: Write, folder: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        dockerfile("COPY . .", "RUN looks")
        for number in range(6):
            (folder / f"circle{number}").symlink_to(f"circle{number}")
        (folder / ".dockerignore").write_text("[\n")
        ran = jettison("check")
        assert ran.code == 0
        assert ".dockerignore:1: " in ran.err.splitlines()[0]
        assert "Dockerfile: the build will fail: circle0: the symbolic link leads in a circle\n" in ran.err
        assert ran.err.endswith("Dockerfile: and 2 more of the same\n")
        assert len(ran.err.splitlines()) == 6
