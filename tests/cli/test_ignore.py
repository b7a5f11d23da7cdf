"""`jettison ignore`: what it shows, what it writes, what it leaves alone."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

SCHEMA = Path(__file__).parents[2] / "docs" / "schema" / "jettison-v1.json"

DOCKERFILE = "FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"


@pytest.fixture
def project(folder):
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "package.json").write_text('{"name": "x"}')
    (folder / "package-lock.json").write_text('{"lockfileVersion": 3, "packages": {}}')
    (folder / ".git").mkdir()
    (folder / ".git" / "HEAD").write_text("ref: refs/heads/main\n")
    return folder


def test_it_shows_and_does_not_write(jettison_itself, project):
    done = jettison_itself("ignore")
    assert done.code == 1, done.err
    assert "+.git" in done.out
    assert not (project / ".dockerignore").exists()


def test_it_writes_and_then_has_nothing_to_do(jettison_itself, project):
    assert jettison_itself("ignore", "--apply").code == 0
    text = (project / ".dockerignore").read_text()
    assert ".git\n" in text
    assert (project / "Dockerfile").read_text() == DOCKERFILE
    assert jettison_itself("ignore").code == 0
    assert (project / ".dockerignore").read_text() == text


def test_lines_that_are_there_stay(jettison_itself, project):
    mine = b"# mine\r\n!keep\r\n*.tmp"
    (project / ".dockerignore").write_bytes(mine)
    jettison_itself("ignore", "--apply")
    assert (project / ".dockerignore").read_bytes().startswith(mine)


def test_a_path_that_is_none(jettison_itself, folder):
    assert jettison_itself("ignore", "nowhere").code == 2
    assert jettison_itself("ignore", "--apply", "-").code == 2


def test_each_line_is_shown_with_what_it_keeps_out(jettison_itself, project):
    (project / "node_modules").mkdir()
    (project / "node_modules" / "a.js").write_bytes(b"x" * 2_000_000)
    done = jettison_itself("ignore")
    assert "What each line keeps out" in done.out
    assert "2.0 MB  **/node_modules  packages of the host" in done.out
    assert "Next: jettison ignore --apply" in done.out


def test_json_counts_bytes_and_files_by_line(jettison_itself, project):
    (project / ".dockerignore").write_text("# mine\n*.bin\n!keep.bin\nsecond.bin\n")
    for name, size in (("a.bin", 10), ("keep.bin", 20), ("second.bin", 40)):
        (project / name).write_bytes(b"x" * size)
    made = json.loads(jettison_itself("ignore", "--format", "json").out)
    lines = {line["pattern"]: line for line in made["lines"]}
    assert lines["*.bin"] == {"line": 2, "pattern": "*.bin", "files": 1, "bytes": 10, "comment": "mine"}
    assert lines["second.bin"]["bytes"] == 40
    assert lines[".git"]["files"] == 1
    assert "!keep.bin" not in lines
    Draft202012Validator(json.loads(SCHEMA.read_text())).validate(made)


def test_a_path_that_a_copy_names_comes_back(jettison_itself, project):
    (project / "Dockerfile").write_text("FROM nginx\nCOPY dist /www\n")
    (project / "dist").mkdir()
    (project / "dist" / "index.html").write_text("x")
    (project / ".dockerignore").write_text("*")
    assert jettison_itself("ignore", "--apply").code == 0
    assert (project / ".dockerignore").read_text() == "*\n!dist\n"


def test_what_asks_git_is_said(jettison_itself, project):
    (project / "Dockerfile").write_text("FROM golang\nCOPY . .\nRUN git describe > /version\n")
    (project / ".dockerignore").write_text(".git\n")
    done = jettison_itself("ignore")
    assert done.code == 0
    assert "asks git for the version" in done.out
    assert "vcs-needed" in done.out


def test_diff_and_apply_contradict(jettison_itself, project):
    assert jettison_itself("ignore", "--diff", "--apply").code == 2
