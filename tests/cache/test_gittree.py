"""A context out of git: the same as that of a checkout, at every commit."""

from __future__ import annotations

import os

import pytest
from tests.cache.repository import commit, git, repository

from jettison.cache import folder_tree
from jettison.cache.gittree import as_checkout, link_targets, read_commit, read_file, read_history
from jettison.cache.tree import folder_links
from jettison.errors import CannotRun


@pytest.fixture
def root(tmp_path):
    made = repository(tmp_path / "project")
    commit(made, {"a.txt": "a", "src/b.txt": "b", "Dockerfile": "FROM scratch\n"})
    os.symlink("src/b.txt", made / "link")
    (made / "run.sh").write_text("x")
    (made / "run.sh").chmod(0o755)
    commit(made)
    return made


def test_a_commit_is_what_a_checkout_of_it_is(root):
    assert read_commit(root, "HEAD").files == as_checkout(root, folder_tree(root)).files
    assert (
        link_targets(root, read_commit(root, "HEAD"))
        == folder_links(root, folder_tree(root))
        == {"link": "src/b.txt"}
    )


def test_a_folder_of_a_repository_is_a_context_of_its_own(root):
    tree = read_commit(root / "src", "HEAD")
    assert list(tree.files) == ["b.txt"]
    assert read_file(root / "src", "HEAD", "b.txt") == b"b"
    assert read_file(root / "src", "HEAD", "c.txt") is None


def test_every_commit_of_the_history_leads_to_the_next(root):
    commit(root, {"a.txt": "other", "new name ä.txt": "n", "src/b.txt": None})
    git(root, "mv", "a.txt", "c.txt")
    commit(root)
    commit(root)
    history = read_history(root, 100)
    assert len(history.commits) == 5
    assert history.start.files == read_commit(root, history.commits[0].id).files
    files = dict(history.start.files)
    for each in history.commits[1:]:
        for path, entry in each.changes:
            if entry is None:
                del files[path]
            else:
                files[path] = entry
        assert files == dict(read_commit(root, each.id).files), each.id


def test_a_merge_counts_for_what_it_brings(root):
    git(root, "checkout", "-q", "-b", "side")
    commit(root, {"side.txt": "s"})
    git(root, "checkout", "-q", "main")
    commit(root, {"a.txt": "main"})
    git(root, "merge", "-q", "--no-ff", "-m", "merge", "side")
    last = read_history(root, 2).commits[-1]
    assert [path for path, _ in last.changes] == ["side.txt", ".git/HEAD"]


def test_a_submodule_is_one_entry(root, tmp_path):
    other = repository(tmp_path / "other")
    commit(other, {"x": "1"})
    git(root, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(other), "sub")
    commit(root)
    assert read_commit(root, "HEAD").files["sub"].mode == 0o160000
    assert read_history(root, 10).commits[-1].changes[1][0] == "sub"


def test_a_shallow_clone_says_so(root, tmp_path):
    commit(root, {"a.txt": "2"})
    git(tmp_path, "clone", "-q", "--depth=2", f"file://{root}", "shallow")
    history = read_history(tmp_path / "shallow", 100)
    assert history.shallow
    assert len(history.commits) == 2


@pytest.mark.parametrize(("where", "what"), [("HEAD~9", "no commit HEAD~9"), ("--all", "no commit --all")])
def test_a_commit_that_is_not_there(root, where, what):
    with pytest.raises(CannotRun, match=what):
        read_commit(root, where)


def test_no_repository_and_an_empty_one(tmp_path):
    with pytest.raises(CannotRun, match="in no git repository"):
        read_history(tmp_path, 10)
    with pytest.raises(CannotRun, match="git cannot read the history"):
        read_history(repository(tmp_path / "empty"), 10)
