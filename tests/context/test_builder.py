"""What the real builder is sent and copies, against what we say of the same context."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.context.tree import plant

from jettison.context import read_context
from jettison.run import run

pytestmark = pytest.mark.e2e

TREE: dict[str, str | bytes | None] = {
    "package.json": "{}",
    "package-lock.json": "{}",
    "README.md": "# x",
    "main.go": "m",
    "src/main.py": "1",
    "src/web/a.js": "12",
    "src/web/b.test.js": "123",
    "src/web/deep/c.js": "1234",
    "src/web/deep/d.md": "",
    "assets/x.png": "12345",
    "a-b/file": "",
    "logs/keep.txt": "k",
    "logs/app.log": "l",
    "empty/nothing": None,
    "link": "-> src/web",
    "file-link": "-> src/main.py",
    "abs": "-> /src/web/deep",
    "up/out": "-> ../../../src",
    "src/inner": "-> ../assets",
    "dangling": "-> nowhere",
    "[odd]": "odd",
    ".hidden/x": "h",
}

IGNORES = (
    "",
    "**/*.md\n!README.md",
    "*\n!src/web",
    "*\n!src/web/**\nsrc/web/deep",
    "src\n!src/web/deep",
    "src/web/deep\n!src",
    "**\n!**/*.js",
    "logs\n!logs/keep.txt",
    "node_modules/\n/logs/\n./a-b\n# README.md\n #main.go",
    "l*\n[a-b]*\n!assets",
    "*.{js,md}\nx|README.md\n*.go|zz",
    "**/deep/\nsrc/*.py\n.hidden/*",
    ".*\n!.hidden/x",
)


def built(root: Path, dockerfile: str, where: Path) -> list[str]:
    """The paths of the files that a build from scratch ends with; `root` must not change."""
    command = ["docker", "buildx", "build", "--provenance=false", "--progress=plain", "-f", "-"]
    run([*command, "--output", f"type=local,dest={where}", str(root)], input=dockerfile.encode(), check=True)
    return sorted(str(p.relative_to(where)) for p in where.rglob("*") if p.is_symlink() or p.is_file())


@pytest.mark.parametrize("ignore", IGNORES)
def test_the_builder_is_sent_what_the_walk_lists(engine, tmp_path, ignore):
    root = plant(tmp_path / "context", {**TREE, ".dockerignore": ignore})
    files = built(root, "FROM scratch\nCOPY . /\n", tmp_path / "out")
    context = read_context(root)
    assert files == [file.path for file in context.files]
    folders = sorted(
        str(p.relative_to(tmp_path / "out"))
        for p in (tmp_path / "out").rglob("*")
        if p.is_dir() and not p.is_symlink()
    )
    assert folders == list(context.folders)


SOURCES = (
    *(
        "package*.json",
        "src/web",
        "src/web/.",
        "src/web/*",
        "src/w?b/*.js",
        "s*/w*/d*",
        "*/web",
        "src/**",
        "*",
    ),
    *(
        "link",
        "link/deep",
        "link/*.js",
        "abs",
        "file-link",
        "up/out/web",
        "src",
        "a-b",
        "[[]odd]",
        "../main.go",
    ),
    *("nothing*", "empty", "src/[^a]*", "--exclude=*.test.js src/web", "--exclude=deep src/web"),
    *(
        "--exclude=**/*.js --exclude=!deep/c.js src/web",
        "--exclude=*.json package*.json",
        "--exclude=a.js src/w*",
    ),
)


def test_copy_takes_what_match_says(engine, tmp_path):
    """Each file holds its own path, so that what arrives tells where it came from, whatever its name."""
    tree = {
        path: text if text is None or str(text).startswith("-> ") else path for path, text in TREE.items()
    }
    del tree["dangling"]  # `COPY *` would name it, follow it and stop the build
    root = plant(tmp_path / "context", tree)
    lines = [f"COPY {source} /{number}/" for number, source in enumerate(SOURCES)]
    copied = built(root, "\n".join(("FROM scratch", *lines, "")), tmp_path / "out")
    context = read_context(root)
    for number, line in enumerate(SOURCES):
        *exclude, source = line.split(" ")
        ours = context.match(source, [option.removeprefix("--exclude=") for option in exclude])
        theirs = [tmp_path / "out" / path for path in copied if path.startswith(f"{number}/")]
        assert {path.read_text() for path in theirs if not path.is_symlink()} == {
            file.path for file in ours if file.kind == "file"
        }, line
        assert {str(path.readlink()) for path in theirs if path.is_symlink()} == {
            file.target for file in ours if file.kind == "link"
        }, line
