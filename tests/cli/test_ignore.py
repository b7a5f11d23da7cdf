"""`jettison ignore`: what it shows, what it writes, what it leaves alone."""

from __future__ import annotations

import pytest

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
