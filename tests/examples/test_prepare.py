"""The script that gives the examples their history and junk, run on a copy inside a repository of its own."""

from __future__ import annotations

import shutil
import subprocess
from hashlib import sha256
from pathlib import Path

import pytest

from jettison.context import find_junk, read_context
from jettison.replay.touched import read
from jettison.run import run

EXAMPLES = Path(__file__).parents[2] / "examples"
NAMES = ("express-api", "flask-api", "go-hello", "static-site")


def git(root: Path, *words: str) -> str:
    who = ["-c", "user.name=T", "-c", "user.email=t@example.com", "-c", "commit.gpgsign=false"]
    return run(["git", *who, "-C", str(root), *words], check=True).text


def prepare(root: Path, *words: str) -> None:
    subprocess.run([root / "examples/prepare", *words], check=True, cwd="/", timeout=120)


def content(root: Path) -> dict[str, str]:
    """Digests of all files but those of repositories."""
    files = (path for path in sorted(root.rglob("*")) if path.is_file() and ".git" not in path.parts)
    return {str(path.relative_to(root)): sha256(path.read_bytes()).hexdigest() for path in files}


@pytest.fixture(scope="module")
def outer(tmp_path_factory):
    """A repository that holds the committed examples, prepared twice."""
    root = tmp_path_factory.mktemp("outer")
    for name in git(EXAMPLES, "ls-files", "-z", ".").strip("\0").split("\0"):
        (root / "examples" / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(EXAMPLES / name, root / "examples" / name)
    git(root, "init", "-q", "-b", "main")
    git(root, "add", "-A")
    git(root, "commit", "-q", "-m", "examples")
    before = content(root)
    prepare(root)
    first = content(root)
    prepare(root)
    assert content(root) == first
    assert before.items() <= first.items()
    return root


def test_the_outer_repository_stays_clean(outer):
    assert git(outer, "status", "--porcelain") == ""
    assert "examples/go-hello/main.go" in git(outer, "ls-files")


def test_the_outer_repository_still_sees_changes(outer):
    (outer / "examples/go-hello/new.go").write_text("package main\n")
    assert git(outer, "status", "--porcelain") == "?? examples/go-hello/new.go"
    (outer / "examples/go-hello/new.go").unlink()


@pytest.mark.parametrize("name", NAMES)
def test_each_example_has_a_history(outer, name):
    root = outer / "examples" / name
    assert git(root, "rev-parse", "--show-toplevel") == str(root)
    assert git(root, "status", "--porcelain") == ""
    found = read(root)
    assert max(mask.bit_count() for mask in found.paths.values()) >= 10
    assert "Dockerfile" not in found.paths, "the first commit, which brings it, counts for nothing"


@pytest.mark.parametrize("name", NAMES)
def test_each_example_has_megabytes_of_junk(outer, name):
    context = read_context(outer / "examples" / name)
    assert context.ignore is None
    assert sum(junk.bytes for junk in find_junk(context)) > 3_500_000
    assert any(junk.kind.name == "git history" for junk in find_junk(context))
    assert not [junk for junk in find_junk(context) if junk.kind.secret]


def test_it_is_the_same_everywhere(outer, tmp_path):
    shutil.copytree(outer / "examples", tmp_path / "examples", symlinks=True)
    heads = {name: git(outer / "examples" / name, "rev-parse", "HEAD") for name in NAMES}
    prepare(tmp_path, "clean")
    assert not list(tmp_path.glob("examples/*/.git"))
    prepare(tmp_path)
    assert content(tmp_path) == content(outer)
    assert {name: git(tmp_path / "examples" / name, "rev-parse", "HEAD") for name in NAMES} == heads


def test_without_git_it_says_so(outer, tmp_path):
    """A PATH with everything the script calls, but git."""
    (tmp_path / "bin").mkdir()
    for tool in ("sh", "dirname", "awk", "mkdir", "mv", "rm"):
        (tmp_path / "bin" / tool).symlink_to(shutil.which(tool) or pytest.fail(f"{tool} is missing"))
    shutil.copytree(outer / "examples", tmp_path / "examples")
    done = subprocess.run(
        [tmp_path / "examples/prepare"],
        env={"PATH": str(tmp_path / "bin")},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0
    assert "git is not installed" in done.stderr
