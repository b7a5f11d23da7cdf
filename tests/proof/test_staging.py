"""The copy of the context: all that the builder's digest sees, and nothing shared with the user."""

from __future__ import annotations

import os
import stat
from pathlib import Path

import pytest

from jettison.context import Context, IgnoreFile
from jettison.errors import CannotRun
from jettison.proof import staging
from jettison.proof.candidate import Candidate, Request
from jettison.proof.staging import ignore_in_force, stage, written


@pytest.fixture
def project(tmp_path: Path) -> Path:
    root = tmp_path / "user"
    (root / "src" / "deep").mkdir(parents=True)
    (root / "empty").mkdir(mode=0o700)
    (root / "node_modules" / "x").mkdir(parents=True)
    (root / "node_modules" / "x" / "index.js").write_text("x")
    (root / "Dockerfile").write_text("FROM scratch\nCOPY . /\n")
    (root / "src" / "main.py").write_text("print()\n")
    (root / "src" / "run.sh").write_text("#!/bin/sh\n")
    (root / "src" / "run.sh").chmod(0o755)
    (root / "src" / "deep" / "link").symlink_to("../main.py")
    (root / "src" / "dangling").symlink_to("/nowhere")
    os.utime(root / "src" / "main.py", (1e9, 1e9))
    return root


def request(root: Path, dockerfile: str | None = "Dockerfile") -> Request:
    before = Candidate((root / "Dockerfile").read_bytes(), label="before")
    return Request(root, before, (), lambda ids: None, dockerfile=root / dockerfile if dockerfile else None)


def listing(root: Path) -> dict[str, tuple[object, ...]]:
    found: dict[str, tuple[object, ...]] = {}
    for folder, folders, files in os.walk(root):
        for name in folders + files:
            path = Path(folder, name)
            status = path.lstat()
            content = os.readlink(path) if path.is_symlink() else path.read_bytes() if path.is_file() else ""
            found[path.relative_to(root).as_posix()] = (
                stat.filemode(status.st_mode),
                content,
                status.st_mtime_ns if not path.is_dir() else 0,
            )
    return found


def test_a_faithful_copy(project: Path, tmp_path: Path) -> None:
    before = listing(project)
    staged = stage(request(project), request(project).before, tmp_path / "copy")
    assert not staged.in_place
    assert listing(tmp_path / "copy") == before
    staged.write("src/main.py", b"changed")
    staged.write("src/new/file", b"new")
    assert listing(project) == before
    assert (tmp_path / "copy/src/main.py").read_bytes() == b"changed"
    assert (tmp_path / "copy/src/run.sh").stat().st_mode & 0o777 == 0o755


def test_only_what_is_sent_is_copied(project: Path, tmp_path: Path) -> None:
    (project / ".dockerignore").write_text(
        "node_modules\nDockerfile\n.dockerignore\n!node_modules/x/index.js\n"
    )
    staged = stage(request(project), request(project).before, tmp_path / "copy")
    assert (tmp_path / "copy/node_modules/x/index.js").is_file()
    assert not (tmp_path / "copy/Dockerfile").exists()
    sent = Context(project, IgnoreFile.find(project)).files
    assert [f.path for f in staged.context().files] == [f.path for f in sent]


def test_a_proposed_ignore_file_holds_and_the_folder_stays(project: Path, tmp_path: Path) -> None:
    before = listing(project)
    after = Candidate(b"FROM scratch\nCOPY . /app\n", {".dockerignore": b"node_modules\n"})
    staged = stage(request(project), after, tmp_path / "copy")
    assert not (tmp_path / "copy/node_modules").exists()
    assert (tmp_path / "copy/.dockerignore").read_bytes() == b"node_modules\n"
    assert (tmp_path / "copy/Dockerfile").read_bytes() == after.dockerfile
    assert staged.ignore == b"node_modules\n"
    assert listing(project) == before
    assert written(request(project), after).keys() == {"Dockerfile", ".dockerignore"}


def test_ignored_files_are_not_written(project: Path, tmp_path: Path) -> None:
    after = Candidate(b"FROM scratch", {".dockerignore": b".dockerignore\nDockerfile\n"})
    assert written(request(project), after) == {}
    stage(request(project), after, tmp_path / "copy")
    assert not (tmp_path / "copy/.dockerignore").exists()


def test_which_ignore_file_holds(project: Path) -> None:
    now = request(project)
    assert ignore_in_force(now, now.before) == b""
    (project / ".dockerignore").write_bytes(b"a\n")
    assert ignore_in_force(now, now.before) == b"a\n"
    (project / "Dockerfile.dockerignore").write_bytes(b"b\n")
    assert ignore_in_force(now, now.before) == b"b\n"
    new_common = Candidate(b"", {".dockerignore": b"c\n"})
    assert ignore_in_force(now, new_common) == b"b\n"
    assert ignore_in_force(now, Candidate(b"", {"Dockerfile.dockerignore": b"d\n"})) == b"d\n"
    assert ignore_in_force(request(project, None), new_common) == b"c\n"


def test_hard_links_do_not_lead_back(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(staging, "_COPIED", 0)
    staged = stage(request(project), request(project).before, tmp_path / "copy")
    assert (tmp_path / "copy/src/main.py").samefile(project / "src/main.py")
    staged.write("src/main.py", b"changed")
    assert (project / "src/main.py").read_bytes() == b"print()\n"


def test_too_big_to_copy_and_impossible_to_link(
    project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(staging, "_COPIED", 0)
    monkeypatch.setattr(staging, "_cannot_copy", lambda context, folder: "too far")
    staged = stage(request(project), request(project).before, tmp_path / "copy")
    assert (staged.folder, staged.in_place) == (project, "too far")
    with pytest.raises(ValueError, match="not ours"):
        staged.write("src/main.py", b"")
    ignoring = Candidate(b"FROM scratch", {".dockerignore": b"node_modules\n"})
    assert stage(request(project), ignoring, tmp_path / "copy").ignore == b"node_modules\n"
    with pytest.raises(CannotRun, match="too far"):
        stage(request(project), Candidate(b"", {"extra.txt": b""}), tmp_path / "copy")


def test_what_cannot_be_read_is_said(project: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError(13, "Permission denied")

    monkeypatch.setattr(staging.shutil, "copy2", refuse)
    with pytest.raises(CannotRun, match=r"Dockerfile: cannot be read for the build: Permission denied"):
        stage(request(project), request(project).before, tmp_path / "copy")
