"""`jettison why` and `jettison replay` as a user calls them."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from tests.cache.repository import commit, git, repository

from jettison.cli import main

SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "jettison-v1.json").read_text())


@pytest.fixture
def root(tmp_path):
    made = repository(tmp_path / "app")
    lines = (
        "FROM python:3.11-slim\nARG GIT_SHA\nWORKDIR /app\nCOPY . .\nRUN pip install -r requirements.txt\n"
    )
    commit(
        made,
        {
            "Dockerfile": lines,
            "requirements.txt": "flask\n",
            "app.py": "1",
            ".dockerignore": ".git\nDockerfile\n",
        },
    )
    commit(made, {"app.py": "2"})
    return made


def run(capsys, *words):
    code = main([str(word) for word in words])
    told = capsys.readouterr()
    return code, told.out, told.err


def test_two_commits(root, capsys):
    code, out, _ = run(capsys, "why", root, "--before", "HEAD~1", "--after", "HEAD")
    assert code == 1
    assert "line 4  COPY . .  runs again" in out
    assert "        app.py: bytes" in out
    assert "and what stands on it: line 5" in out


def test_the_folder_as_it_is_and_nothing_changed(root, capsys):
    code, out, _ = run(capsys, "why", root)
    assert (code, "every step is taken from the cache" in out) == (0, True)
    (root / "app.py").chmod(0o664)
    code, out, _ = run(capsys, "why", root)
    assert code == 1
    assert "app.py: mode 644, now 664" in out
    assert "COPY --chmod does not help" in out


def test_two_folders(root, tmp_path, capsys):
    copy = tmp_path / "copy"
    shutil.copytree(root, copy, ignore=shutil.ignore_patterns(".git"))
    (copy / "new.py").write_text("n")
    code, out, _ = run(capsys, "why", root, "--before", root, "--after", copy)
    assert (code, "new.py: added" in out) == (1, True)


def test_a_fresh_builder_with_a_cache_of_mode_min(tmp_path, capsys):
    made = repository(tmp_path / "two")
    text = "FROM a AS b\nRUN true deps\nCOPY src .\nRUN make\nFROM c\nCOPY --from=b /out /\n"
    commit(made, {"Dockerfile": text, "src/x": "1", ".dockerignore": ".git\n"})
    commit(made, {"src/x": "2"})
    words = ("why", made, "--before", "HEAD~1", "--after", "HEAD", "--cache", "min", "--format", "json")
    code, out, _ = run(capsys, *words)
    Draft202012Validator(SCHEMA).validate(json.loads(out))
    (miss,) = json.loads(out)["why"]["misses"]
    assert code == 1
    assert miss["lines"] == [2]
    assert [cause["kind"] for cause in miss["causes"]] == ["not exported", "files"]
    assert miss["causes"][1]["line"] == 3


def test_an_argument_that_the_command_does_not_name(root, capsys):
    (root / "Dockerfile").write_text((root / "Dockerfile").read_text().replace("GIT_SHA", "GIT_SHA=2"))
    code, out, _ = run(capsys, "why", root, "--before", "HEAD")
    assert code == 1
    assert "ARG GIT_SHA has another value, although the command does not name it" in out
    assert "set GIT_SHA below this step" in out


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--before", "nowhere"), "git knows no commit nowhere"),
        (("--after", "HEAD~1", "--before", "HEAD~7"), "git knows no commit HEAD~7"),
    ],
)
def test_a_commit_that_is_not_there(root, capsys, words, message):
    code, _, err = run(capsys, "why", root, *words)
    assert (code, message in err) == (2, True)


def test_what_cannot_be_built_or_compared(root, tmp_path, capsys):
    (root / "Dockerfile").write_text("FROM scratch\nCOPY nowhere /\n")
    code, _, err = run(capsys, "why", root)
    assert (code, "finds nothing to copy" in err) == (2, True)
    (tmp_path / "plain").mkdir()
    (tmp_path / "plain" / "Dockerfile").write_text("FROM scratch\n")
    code, _, err = run(capsys, "why", tmp_path / "plain")
    assert (code, "no recorded builds, no git repository" in err) == (2, True)
    code, _, err = run(capsys, "why", tmp_path / "plain", "--before", "HEAD")
    assert (code, "is in no git repository" in err) == (2, True)
    code, _, err = run(capsys, "replay", tmp_path / "plain")
    assert (code, "is in no git repository" in err) == (2, True)


def test_replay_as_text_and_as_json(root, capsys):
    for number in range(3):
        commit(root, {"app.py": str(number + 3)})
    code, out, _ = run(capsys, "replay", root)
    assert code == 0
    assert "4 rebuilds up to" in out
    assert "RUN pip install -r requirements.txt" in out
    assert "after jettison fix --prove" in out
    code, out, _ = run(capsys, "replay", root, "--format", "json")
    Draft202012Validator(SCHEMA).validate(json.loads(out))
    before, after = json.loads(out)["replays"]
    assert after["expected"]["local"]["mean"] < before["expected"]["local"]["mean"]
    assert before["steps"][-1]["hits"]["local"] == 0.0


def test_replay_of_a_shallow_clone_and_of_one_commit(root, tmp_path, capsys):
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{root}", "shallow")
    code, _, err = run(capsys, "replay", tmp_path / "shallow")
    assert (code, "the clone is shallow and has 2 commits" in err) == (0, True)
    git(tmp_path, "clone", "-q", "--depth=1", f"file://{root}", "one")
    code, _, err = run(capsys, "replay", tmp_path / "one")
    assert (code, "can be built at 1 of 1 commits" in err) == (2, True)
