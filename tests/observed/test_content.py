"""Keys of files: what counts, what does not, and what is not known.

That they are BuildKit's: test_exported.py and the e2e.
"""

from __future__ import annotations

import os

import pytest

from jettison.context.ignore import IgnoreFile
from jettison.observed.content import Contents, Taken


@pytest.fixture
def folder(tmp_path):
    for path in ("a.txt", "b.txt", "src/a.txt", "src/deep/c.py", "src-2/x"):
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_text(path)
        (tmp_path / path).chmod(0o644)
    return tmp_path


def key(folder, *taken, ignore=b""):
    sources = [Taken(each) if isinstance(each, str) else each for each in taken]
    return Contents(folder, IgnoreFile.parse(ignore)).key(sources)


@pytest.mark.parametrize("taken", ["src", ".", "s*", "src/", Taken(".", ("*.txt",))])
def test_bytes_mode_and_names_count_and_times_do_not(folder, taken):
    before = key(folder, taken)
    assert len(before) == 71
    os.utime(folder / "src/a.txt", (1, 1))
    assert key(folder, taken) == before
    (folder / "src/deep/c.py").chmod(0o664)
    mode = key(folder, taken)
    (folder / "src/deep/c.py").write_text("other")
    content = key(folder, taken)
    (folder / "src/deep/c.py").rename(folder / "src/deep/d.py")
    assert len({before, mode, content, key(folder, taken)}) == 4


def test_where_it_lies_and_what_is_not_taken_does_not_count(folder):
    before = key(folder, "src")
    (folder / "b.txt").write_text("other")
    (folder / "src").rename(folder / "lib")
    assert key(folder, "lib") == before
    (folder / "lib" / "log").write_text("x")
    assert key(folder, "lib") != before
    assert key(folder, "lib", ignore=b"**/log\n") == before
    assert key(folder, Taken("lib", ("log",))) != before, "a list is another key than a folder"


def test_several_sources_count_once_and_in_no_order(folder):
    assert key(folder, "a.txt", "b.txt") == key(folder, "b.txt", "/a.txt", "a.txt")
    assert key(folder, "src", "src/deep") == key(folder, "src")
    assert key(folder, "src", "src-2") != key(folder, "src")


def test_a_pattern_with_one_match_of_its_own_name_is_that_file(folder):
    assert key(folder, "*/deep/c.py") == key(folder, "src/deep/c.py")
    assert key(folder, "src/deep/*.py") != key(folder, "src/deep/c.py")


@pytest.mark.parametrize("taken", ["nothing", Taken("nothing", ("x",)), "link", "*nk", "pipe", "."])
def test_what_is_not_known_is_empty(folder, taken):
    os.mkfifo(folder / "pipe")
    (folder / "link").symlink_to("a.txt")
    assert key(folder, taken) == ""
