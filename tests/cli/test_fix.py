"""`jettison fix`: the diff and its reasons, what is written, and what is refused."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

Write = Callable[..., Path]

NO_ENGINE = "no docker here"


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    from jettison.build import Engine
    from jettison.errors import CannotRun

    def find() -> Engine:
        raise CannotRun(NO_ENGINE, "install docker")

    monkeypatch.setattr(Engine, "find", find)


def test_the_diff_is_shown_with_reasons_and_nothing_is_written(jettison, dockerfile: Write) -> None:
    path = dockerfile("COPY . .", "RUN bad", "RUN slow", "RUN odd")
    before = path.read_bytes()
    ran = jettison("fix")
    assert ran.code == 1
    assert ran.err == ""
    assert ran.out == (
        "diff --git a/Dockerfile b/Dockerfile\n"
        "--- a/Dockerfile\n"
        "+++ b/Dockerfile\n"
        "@@ -1,5 +1,5 @@\n"
        " FROM debian:12\n"
        " COPY . .\n"
        "-RUN bad\n"
        "+RUN good\n"
        " RUN slow\n"
        " RUN odd\n"
        "diff --git a/.dockerignore b/.dockerignore\n"
        "new file mode 100644\n"
        "--- /dev/null\n"
        "+++ b/.dockerignore\n"
        "@@ -0,0 +1 @@\n"
        "+.git\n"
        "\n"
        "2 changes, worth together up to -15 MB, rule of thumb\n"
        "  1. Say good  fake-safe (FK001, safe)  [-12 MB, rule of thumb]\n"
        "     why: line 3: says bad\n"
        "  2. Leave out .git  fake-ignore (FK005, safe)  [-3.0 MB, measured]\n"
        "     why: line 2: sends .git\n"
        "\n"
        "Left as it is\n"
        "  Dockerfile:4:1  fake-proven (FK002)  says slow  [-41 s per rebuild, modelled]\n"
        "    fix: Say quick (needs builds to prove it: jettison fix --prove)\n"
        "  Dockerfile:5:1  fake-refused (FK003)  says odd\n"
        "    not fixed: nobody knows what odd means\n"
        "\n"
        "Nothing was written. Next: jettison fix --apply, or --apply --prove to build it first\n"
    )
    assert path.read_bytes() == before
    assert not (path.parent / ".dockerignore").exists()


def test_git_can_apply_what_is_printed(jettison, dockerfile: Write, folder: Path) -> None:
    path = dockerfile("COPY . .", "RUN bad")
    subprocess.run(["git", "apply", "-"], input=jettison("fix").out.encode(), cwd=folder, check=True)
    assert b"RUN good" in path.read_bytes()
    assert (folder / ".dockerignore").read_bytes() == b".git\n"


def test_apply_writes_and_a_second_time_there_is_nothing_to_do(
    jettison, dockerfile: Write, folder: Path
) -> None:
    path = dockerfile("COPY . .", "RUN bad", "RUN odd", name="app/Dockerfile")
    path.chmod(0o640)
    ran = jettison("fix", "app", "--apply")
    assert ran.code == 0
    assert "Written: app/Dockerfile, app/.dockerignore\n" in ran.out
    assert path.read_text() == "FROM debian:12\nCOPY . .\nRUN good\nRUN odd\n"
    assert path.stat().st_mode & 0o7777 == 0o640
    assert sorted(each.name for each in path.parent.iterdir()) == [".dockerignore", "Dockerfile"]
    again = jettison("fix", "app", "--apply")
    assert again.code == 0
    assert again.out.endswith("\nNothing to change; 1 finding left.\n")


def test_nothing_to_do(jettison, dockerfile: Write) -> None:
    dockerfile("RUN true")
    assert jettison("fix") == (0, "Nothing to change.\n", "")


def test_crlf_and_a_missing_newline_stay(jettison, folder: Path) -> None:
    (folder / "Dockerfile").write_bytes(b"FROM a\r\nRUN bad\r\nRUN x")
    assert jettison("fix", "--apply").code == 0
    assert (folder / "Dockerfile").read_bytes() == b"FROM a\r\nRUN good\r\nRUN x"


def test_diff_and_apply_contradict_each_other(jettison, dockerfile: Write) -> None:
    dockerfile("RUN bad")
    assert jettison("fix", "--diff", "--apply").code == 2
    assert jettison("fix", "--diff").code == 1
    assert jettison("fix", "-", "--apply").code == 2


def test_of_several_dockerfiles_one_has_to_be_named(jettison, dockerfile: Write) -> None:
    dockerfile("RUN bad", name="a.Dockerfile")
    assert jettison("fix").code == 1
    dockerfile("RUN bad", name="b.Dockerfile")
    ran = jettison("fix")
    assert (ran.code, ran.out) == (2, "")
    assert ". has several Dockerfiles: a.Dockerfile, b.Dockerfile\n  name the one" in ran.err
    dockerfile(name="Dockerfile")
    assert jettison("fix").code == 0


def test_the_configured_dockerfile_is_taken(jettison, dockerfile: Write, folder: Path) -> None:
    dockerfile("RUN bad", name="docker/prod")
    (folder / "jettison.toml").write_text('[build]\ndockerfile = "docker/prod"\n')
    assert "+++ b/docker/prod" in jettison("fix").out


def test_json_has_changes_files_and_what_is_left(jettison, dockerfile: Write) -> None:
    dockerfile("COPY . .", "RUN bad", "RUN slow")
    made = json.loads(jettison("fix", "--format", "json").out)
    assert [change["id"] for change in made["changes"]] == ["fake-safe", "fake-ignore"]
    assert [(each["path"], each["new"], each["written"]) for each in made["files"]] == [
        ("Dockerfile", False, False),
        (".dockerignore", True, False),
    ]
    assert [finding["rule"] for finding in made["left"]] == ["fake-proven"]
    assert len(made["findings"]) == 3
    assert made["proof"] is None


@pytest.mark.usefixtures("no_engine")
class TestWithoutAnEngine:
    def test_the_rewrite_is_shown_and_why_it_is_not_proved(self, jettison, dockerfile: Write) -> None:
        path = dockerfile("RUN slow")
        ran = jettison("fix", "--prove")
        assert ran.code == 2
        assert "-RUN slow\n+RUN quick\n" in ran.out
        assert "Not proved: no docker here" in ran.out
        assert "install docker" in ran.out
        assert ran.out.endswith("Nothing was written.\n")
        assert b"slow" in path.read_bytes()

    def test_nothing_is_written_unproved(self, jettison, dockerfile: Write) -> None:
        path = dockerfile("RUN slow", "RUN bad")
        assert jettison("fix", "--prove", "--apply").code == 2
        assert b"slow" in path.read_bytes()
        assert b"bad" in path.read_bytes()

    def test_with_nothing_to_prove_no_engine_is_asked_for(self, jettison, dockerfile: Write) -> None:
        dockerfile("RUN true")
        assert jettison("fix", "--prove") == (0, "Nothing to change.\n", "")

    def test_json_says_it_too(self, jettison, dockerfile: Write) -> None:
        dockerfile("RUN slow")
        made = json.loads(jettison("fix", "--prove", "--format", "json").out)
        assert made["unproved"] == f"{NO_ENGINE}\ninstall docker"
        assert made["proof"] is None
