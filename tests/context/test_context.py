from __future__ import annotations

import pytest
from tests.context.tree import plant

from jettison.context import read_context

TREE = {
    "package.json": "{}",
    "package-lock.json": "{}",
    "README.md": "# x",
    "src/main.py": "1",
    "src/web/a.js": "12",
    "src/web/b.test.js": "123",
    "src/web/deep/c.js": "1234",
    "assets/x.png": "12345",
    "a-b/file": "",
    "empty": None,
    "link": "-> src/web",
    "file-link": "-> src/main.py",
    "abs": "-> /src/web/deep",
    "up/out": "-> ../../../src",
    "src/inner": "-> ../assets",
    "dangling": "-> nowhere",
    "round": "-> about",
    "about": "-> round",
    "[odd]": "odd",
    "secret": "s",
    ".dockerignore": "secret\nempty2\n",
}
DEEP = ["src/web/deep/c.js"]
WEB = ["src/web/a.js", "src/web/b.test.js", *DEEP]


@pytest.fixture(scope="module")
def context(tmp_path_factory):
    return read_context(plant(tmp_path_factory.mktemp("context"), TREE))


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("package.json", ["package.json"]),
        ("/package.json", ["package.json"]),
        ("./package.json", ["package.json"]),
        ("../package.json", ["package.json"]),
        ("src/../package.json", ["package.json"]),
        ("package*.json", ["package-lock.json", "package.json"]),
        ("src/web", WEB),
        ("src/web/", WEB),
        ("src/web/.", WEB),
        ("src/web/*", WEB),
        ("src/web/*.js", ["src/web/a.js", "src/web/b.test.js"]),
        ("src/*/a.js", ["src/web/a.js"]),
        ("src/w?b", WEB),
        ("s*/w*/d*", DEEP),
        ("*/web", WEB),
        ("src/**", ["assets/x.png", "src/main.py", *WEB]),
        ("*.md", ["README.md"]),
        ("nothing", []),
        ("nothing*", []),
        ("secret", []),
        ("s*t", []),
        ("empty", []),
        ("", None),
        (".", None),
        ("/", None),
        ("link", WEB),
        ("link/deep", DEEP),
        ("link/*.js", ["src/web/a.js", "src/web/b.test.js"]),
        ("abs", DEEP),
        ("file-link", ["src/main.py"]),
        ("up/out/web/deep", DEEP),
        ("dangling", []),
        ("round", []),
        ("src", ["src/inner", "src/main.py", *WEB]),
        ("a-b", ["a-b/file"]),
        ("[[]odd]", ["[odd]"]),
        (r"\[odd]", []),
        ("[odd]", []),
        ("bad[", []),
        ("https://example.com/package.json", []),
    ],
)
def test_what_a_copy_source_takes(context, source, expected):
    found = [file.path for file in context.match(source)]
    assert found == (expected if expected is not None else [file.path for file in context.files])


@pytest.mark.parametrize(
    ("source", "exclude", "expected"),
    [
        ("src/web", ["*.test.js"], ["src/web/a.js", *DEEP]),
        ("src/web", ["deep"], ["src/web/a.js", "src/web/b.test.js"]),
        ("src/web", ["**/*.js"], []),
        ("src/web", ["**/*.js", "!deep/c.js"], DEEP),
        ("src/web", ["src/web/deep"], WEB),
        ("package*.json", ["*.json"], ["package-lock.json", "package.json"]),
        ("src/w*", ["a.js"], WEB[1:]),
    ],
)
def test_what_exclude_leaves_out(context, source, exclude, expected):
    assert [file.path for file in context.match(source, exclude)] == expected


@pytest.mark.parametrize(
    ("path", "there"),
    [
        ("", True),
        (".", True),
        ("src", True),
        ("src/", True),
        ("/src/web/a.js", True),
        ("src/web/none.js", False),
        ("empty", True),
        ("secret", False),
        ("link", True),
        ("link/a.js", True),
        ("dangling", True),
        ("round", True),
        ("round/x", False),
    ],
)
def test_exists(context, path, there):
    assert context.exists(path) is there


def test_under_keeps_to_the_folder(context):
    assert [file.path for file in context.under("src/web")] == WEB
    assert [file.path for file in context.under("a")] == []
    assert context.under("") == context.files


def test_heaviest_and_left_out(context):
    assert context.heaviest(2) == [(".dockerignore", 14), ("src", 10)]
    assert context.left_out == (("secret",), 1, 1)


def test_left_out_counts_what_stays_of_a_partly_included_folder(tmp_path):
    root = plant(
        tmp_path, {"a/keep": "12", "a/drop": "123", "a/b/drop": "1", ".dockerignore": "a\n!a/keep\n"}
    )
    assert read_context(root).left_out == (("a",), 2, 4)


def test_read_is_bounded(context, tmp_path):
    assert context.read("src/web/deep/c.js") == b"1234"
    assert context.read("/src/web/deep/c.js", 2) == b"12"
    assert context.read("secret") == b"s"
    assert context.read("link/deep/c.js") == b"1234"
    for path in ("src", "", "missing", "dangling", "round", "a\0b", "src/main.py/x"):
        assert context.read(path) == b""


def test_read_does_not_leave_the_context(tmp_path):
    plant(tmp_path, {"outside": "no", "outside-too/f": "no"})
    root = plant(
        tmp_path / "root", {"a": "-> ../outside", "b": "-> /etc/passwd", "c": f"-> {tmp_path}/outside-too"}
    )
    context = read_context(root)
    for path in ("a", "b", "c/f", "../outside", "/../outside"):
        assert context.read(path) == b""


def test_nothing_is_walked_before_it_is_asked_for(tmp_path, monkeypatch):
    context = read_context(plant(tmp_path, {"a": ""}))
    monkeypatch.setattr("jettison.context.context.walk", lambda *_: pytest.fail("walked"))
    assert context.read("a") == b""
    assert context.ignore is None


def test_it_is_walked_once(tmp_path, monkeypatch):
    from jettison.context import context as module

    calls = []
    walk = module.walk
    monkeypatch.setattr(module, "walk", lambda *given: (calls.append(given), walk(*given))[1])
    context = read_context(plant(tmp_path, {"a": ""}))
    assert context.files
    assert context.bytes == 0
    assert context.match(".")
    assert context.exists("a")
    assert len(calls) == 1
