from __future__ import annotations

from pathlib import Path

import pytest
from tests.context.tree import plant

from jettison.context import churn
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
    return tmp_path


def test_commits_are_counted_per_path(repository):
    assert churn(repository) == {"go.mod": 1, "main.go": 3, "api/app.py": 2, "naïve name\n.txt": 1}


def test_paths_are_relative_to_the_context(repository):
    assert churn(repository / "api") == {"app.py": 2}


def test_only_the_last_commits(repository):
    assert churn(repository, last=1) == {"main.go": 1, "api/app.py": 1}


def test_a_merge_counts_for_what_it_brought(repository):
    git(repository, "checkout", "-q", "-b", "side", "HEAD~1")
    commit(repository, {"side.txt": "1"})
    git(repository, "checkout", "-q", "main")
    git(repository, "merge", "-q", "--no-ff", "-m", "merge", "side")
    counts = churn(repository)
    assert counts["side.txt"] == 1
    assert counts["main.go"] == 3


def test_a_deleted_file_is_listed(repository):
    git(repository, "rm", "-q", "go.mod")
    git(repository, "commit", "-q", "-m", "gone")
    assert churn(repository)["go.mod"] == 2


def test_without_a_history(tmp_path):
    assert churn(tmp_path) == {}
    git(tmp_path, "init", "-q")
    assert churn(tmp_path) == {}


def test_without_git(repository, monkeypatch):
    monkeypatch.setattr("jettison.run.which", lambda tool: None)
    assert churn(repository) == {}


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
    assert churn(repository)["main.go"] == 3
    assert not mark.exists()
