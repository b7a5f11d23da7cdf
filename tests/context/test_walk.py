from __future__ import annotations

import os
import socket
import stat
import tempfile
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.context.tree import plant

from jettison.context import IgnoreFile, read_context
from jettison.context.walk import walk
from jettison.errors import CannotRun


def sent(root: Path) -> list[str]:
    return [file.path for file in read_context(root).files]


def test_everything_without_an_ignore_file(tmp_path):
    plant(tmp_path, {"a.txt": "xy", ".hidden/b": "z", "empty": None, "dir/sub/c": ""})
    context = read_context(tmp_path)
    assert [file.path for file in context.files] == [".hidden/b", "a.txt", "dir/sub/c"]
    assert context.folders == (".hidden", "dir", "dir/sub", "empty")
    assert context.bytes == 3
    assert context.problems == ()
    assert stat.S_ISREG(context.files[0].mode)


def test_an_excluded_folder_is_not_entered(tmp_path, monkeypatch):
    plant(tmp_path, {"node_modules/a/b.js": "x", "src/m.js": "x", ".dockerignore": "node_modules\n!src/keep"})
    entered: list[str] = []
    scandir = os.scandir
    monkeypatch.setattr(os, "scandir", lambda path: (entered.append(str(path)), scandir(path))[1])
    assert sent(tmp_path) == [".dockerignore", "src/m.js"]
    assert not [path for path in entered if "node_modules" in path]


@pytest.mark.parametrize(
    ("ignore", "expected", "folders"),
    [
        ("*\n!src/app", ["src/app/m.py"], ("src", "src/app")),
        ("*\n!src/app/**", ["src/app/m.py"], ("src", "src/app")),
        ("src\n!src/app/m.py", [".dockerignore", "README.md", "src/app/m.py"], ("src", "src/app")),
        ("**\n!**/*.py", ["src/app/m.py", "src/lib/n.py"], ("src", "src/app", "src/lib")),
        ("src/app\n!src", [".dockerignore", "README.md", "src/lib/n.py"], ("src", "src/lib")),
        ("**", [], ()),
        ("**/app\n*.md\n.dockerignore", ["src/lib/n.py"], ("src", "src/lib")),
    ],
)
def test_reinclusion(tmp_path, ignore, expected, folders):
    plant(tmp_path, {"README.md": "", "src/app/m.py": "", "src/lib/n.py": "", ".dockerignore": ignore})
    context = read_context(tmp_path)
    assert [file.path for file in context.files] == expected
    assert context.folders == folders


def test_links_are_sent_as_links_and_never_entered(tmp_path):
    plant(tmp_path, {"real/f": "1", "dir": "-> real", "loop/self": "-> ..", "out": "-> /etc", "me": "-> me"})
    context = read_context(tmp_path)
    kinds = {file.path: (file.kind, file.target, file.size) for file in context.files}
    assert kinds == {
        "dir": ("link", "real", 0),
        "loop/self": ("link", "..", 0),
        "me": ("link", "me", 0),
        "out": ("link", "/etc", 0),
        "real/f": ("file", "", 1),
    }
    assert [(problem.path, "circle" in problem.message) for problem in context.problems] == [("me", True)]


def test_sockets_are_skipped_and_pipes_have_no_content(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    with tempfile.TemporaryDirectory(dir="/tmp") as short, socket.socket(socket.AF_UNIX) as listener:
        listener.bind(f"{short}/s")
        assert walk(short, None).files == ()
    (file,) = read_context(tmp_path).files
    assert (file.path, file.kind, file.size) == ("pipe", "other", 0)
    assert read_context(tmp_path).read("pipe") == b""


def test_hard_links_are_transferred_once(tmp_path):
    plant(tmp_path, {"a": "12345"})
    os.link(tmp_path / "a", tmp_path / "b")
    context = read_context(tmp_path)
    assert [file.size for file in context.files] == [5, 5]
    assert context.bytes == 5


def test_names_that_are_no_utf8(tmp_path):
    (tmp_path / os.fsdecode(b"caf\xe9.txt")).write_bytes(b"x")
    assert [os.fsencode(path) for path in sent(tmp_path)] == [b"caf\xe9.txt"]


@pytest.fixture
def as_nobody():
    """A readable folder in /tmp, and the rights of an ordinary user while the test runs."""
    with tempfile.TemporaryDirectory(dir="/tmp") as folder:
        root = Path(folder)
        root.chmod(0o755)
        plant(root, {"open": "x", "closed": "x", "shut/inside": "x", "left/out": "x", "public/f": "x"})
        (root / "closed").chmod(0o600)
        for name in ("shut", "left"):
            (root / name).chmod(0o700)
        if os.geteuid() == 0:
            os.seteuid(65534)
            yield root
            os.seteuid(0)
        else:
            (root / "closed").chmod(0)
            (root / "shut").chmod(0)
            (root / "left").chmod(0)
            yield root
            for name in ("shut", "left"):
                (root / name).chmod(0o700)


def test_what_cannot_be_read_is_a_problem(as_nobody):
    walked = walk(str(as_nobody), IgnoreFile.parse(b"left\n!left/x"))
    assert [file.path for file in walked.files] == ["closed", "open", "public/f"]
    assert walked.problems == (
        ("closed", "the file cannot be read: Permission denied"),
        ("shut", "the folder cannot be read: Permission denied"),
    )
    assert read_context(as_nobody).read("closed") == b""


def test_a_root_that_is_no_folder(tmp_path):
    with pytest.raises(CannotRun, match="No such file"):
        read_context(tmp_path / "missing")
    (tmp_path / "file").write_bytes(b"")
    with pytest.raises(CannotRun, match="Not a directory"):
        read_context(tmp_path / "file")


def test_a_very_deep_tree(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    for _ in range(1500):
        os.mkdir("d")
        os.chdir("d")
    Path("package.json").write_bytes(b"{}")
    os.chdir("/")
    try:
        context = read_context(tmp_path)
        assert len(context.folders) == 1500
        assert len(context.files) == 1
        assert len(context.match(".", ("x", "!d/d"))) == 1
        from jettison.context import find_ecosystems, find_junk

        assert len(find_ecosystems(context)) == 1
        assert find_junk(context) == ()
    finally:
        os.system(f"rm -rf {tmp_path}/d")


def test_what_changes_under_the_walk_is_a_problem_at_most(tmp_path, monkeypatch):
    plant(tmp_path, {"a/f": "x", "b/f": "x", "c": "x"})
    scandir = os.scandir

    def racing(path):
        if str(path).endswith("/b"):
            raise FileNotFoundError(2, "No such file or directory")
        return scandir(path)

    monkeypatch.setattr(os, "scandir", racing)
    walked = walk(str(tmp_path), None)
    assert [file.path for file in walked.files] == ["a/f", "c"]
    assert walked.problems[0].path == "b"


NAMES = st.sampled_from(["a", "b", "c.x"])
PATTERN = st.lists(st.sampled_from(["a", "b", "*", "**", "/", "c.x", "/", "*.x"]), min_size=1, max_size=5)


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.booleans(), PATTERN.map("".join)), min_size=1, max_size=4))
def test_pruning_loses_nothing(patterns):
    """Entering every excluded folder finds no file more than the walk that leaves out the hopeless ones."""
    ignore = IgnoreFile.parse("\n".join("!" * negated + text for negated, text in patterns).encode())
    with tempfile.TemporaryDirectory() as folder:
        root = plant(Path(folder), {f"{a}/{b}/{c}": "" for a in "ab" for b in "abc" for c in ("a", "c.x")})
        pruned = walk(str(root), ignore)
        object.__setattr__(ignore, "_bring_back", None)
        assert walk(str(root), ignore).files == pruned.files
