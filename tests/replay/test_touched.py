from __future__ import annotations

from pathlib import Path

import pytest
from tests.context.tree import plant

from jettison.project import Project
from jettison.replay.touched import NOTHING, Touched, known, read, touched
from jettison.run import run


def git(root: Path, *arguments: str) -> None:
    who = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    run(["git", *who, "-C", str(root), *arguments], check=True)


def commit(root: Path, files: dict[str, str | bytes | None]) -> None:
    plant(root, files)
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "change\n\nnot/a/file\n")


@pytest.fixture
def repository(tmp_path):
    git(tmp_path, "init", "-q", "-b", "main")
    commit(tmp_path, {"go.mod": "1", "main.go": "1", "api/app.py": "1", "naïve name\n.txt": "1"})
    commit(tmp_path, {"main.go": "2"})
    commit(tmp_path, {"main.go": "3", "api/app.py": "2"})
    commit(tmp_path, {"api/app.py": "3", "naïve name\n.txt": "2"})
    return tmp_path


def test_commits_are_kept_apart(repository):
    found = read(repository)
    assert found == Touched(3, {"main.go": 0b110, "api/app.py": 0b011, "naïve name\n.txt": 0b001})
    assert found.by(["main.go", "api/app.py", "go.mod"]) == 0b111


def test_paths_are_relative_to_the_context(repository):
    assert read(repository / "api") == Touched(2, {"app.py": 0b11})


def test_only_the_last_commits(repository):
    assert read(repository, last=1) == Touched(1, {"api/app.py": 1, "naïve name\n.txt": 1})


def test_a_merge_counts_for_what_it_brought(repository):
    git(repository, "checkout", "-q", "-b", "side", "HEAD~1")
    commit(repository, {"side.txt": "1"})
    commit(repository, {"side.txt": "2"})
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "--no-ff", "-m", "merge", "side")
    found = read(repository)
    assert found.commits == 4
    assert found.paths["side.txt"] == 1


def test_a_deleted_file_is_listed(repository):
    git(repository, "rm", "-q", "go.mod")
    git(repository, "commit", "-q", "-m", "gone")
    assert read(repository).paths["go.mod"] == 1


def test_where_a_shallow_clone_ends_nothing_is_known(repository, tmp_path_factory):
    clone = tmp_path_factory.mktemp("clone")
    git(repository, "clone", "-q", "--depth", "2", f"file://{repository}", str(clone))
    assert read(clone) == Touched(1, {"api/app.py": 1, "naïve name\n.txt": 1})


def test_without_a_history(tmp_path):
    assert read(tmp_path) == NOTHING
    git(tmp_path, "init", "-q")
    assert read(tmp_path) == NOTHING


def test_without_git(repository, monkeypatch):
    monkeypatch.setattr("jettison.run.which", lambda tool: None)
    assert read(repository) == NOTHING


def test_it_is_read_once_and_known_only_then(repository, monkeypatch):
    project = Project(b"FROM scratch\n", root=repository)
    assert known(project) is None
    assert touched(project).commits == 3
    monkeypatch.setattr("jettison.run.which", lambda tool: None)
    assert known(project.changed(b"FROM busybox\n", {})) == touched(project)


def test_a_repository_cannot_make_us_run_its_programs(repository):
    """Its configuration may name programs for signatures, diffs and transports; none of them is started."""
    mark = repository / "started"
    program = repository / "program"
    program.write_text(f"#!/bin/sh\ntouch '{mark}'\nexit 1\n")
    program.chmod(0o755)
    for key in (
        "gpg.program",
        "diff.external",
        "core.fsmonitor",
        "core.sshCommand",
        "core.pager",
        "diff.x.textconv",
    ):
        git(repository, "config", key, str(program))
    git(repository, "config", "log.showSignature", "true")
    git(repository, "config", "pager.log", "true")
    (repository / ".gitattributes").write_text("* diff=x\n")
    assert read(repository).paths["main.go"] == 0b110
    assert not mark.exists()
