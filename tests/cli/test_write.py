"""Writing: all or nothing, in one step, never outside the project, never over somebody else's change."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from jettison.cli.write import write_changes
from jettison.errors import CannotRun
from jettison.report.diff import FileChange


def change(path: Path, before: bytes | None, after: bytes = b"after\n") -> FileChange:
    return FileChange(path, path.name, before, after)


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "Dockerfile").write_bytes(b"before\n")
    return folder


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_the_file_is_replaced_with_its_mode(project: Path) -> None:
    file = project / "Dockerfile"
    file.chmod(0o604)
    assert write_changes([change(file, b"before\n")], project) == ("Dockerfile",)
    assert file.read_bytes() == b"after\n"
    assert file.stat().st_mode & 0o7777 == 0o604
    assert names(project) == ["Dockerfile"]


def test_a_new_file_has_the_mode_that_the_umask_gives(project: Path) -> None:
    old = os.umask(0o027)
    try:
        write_changes([change(project / ".dockerignore", None)], project)
    finally:
        os.umask(old)
    assert (project / ".dockerignore").stat().st_mode & 0o777 == 0o640


def test_a_link_inside_the_project_is_followed_and_stays(project: Path) -> None:
    (project / "docker").mkdir()
    os.rename(project / "Dockerfile", project / "docker" / "prod")
    (project / "Dockerfile").symlink_to("docker/prod")
    write_changes([change(project / "Dockerfile", b"before\n")], project)
    assert (project / "Dockerfile").is_symlink()
    assert (project / "docker" / "prod").read_bytes() == b"after\n"


def test_a_link_out_of_the_project_is_refused(project: Path) -> None:
    outside = project.parent / "shared"
    outside.write_bytes(b"before\n")
    (project / "Dockerfile").unlink()
    (project / "Dockerfile").symlink_to(outside)
    with pytest.raises(CannotRun, match="leads out of the project"):
        write_changes([change(project / "Dockerfile", b"before\n")], project)
    assert outside.read_bytes() == b"before\n"


@pytest.mark.parametrize("name", ["../evil", "away/evil"])
def test_a_new_file_outside_the_project_is_refused(project: Path, name: str) -> None:
    (project / "away").symlink_to(project.parent)
    with pytest.raises(CannotRun, match="leads out of the project"):
        write_changes([change(project / name, None)], project)
    assert not (project.parent / "evil").exists()


def test_a_dockerfile_outside_its_context_is_written(project: Path) -> None:
    context = project / "context"
    context.mkdir()
    write_changes([change(project / "Dockerfile", b"before\n")], context)
    assert (project / "Dockerfile").read_bytes() == b"after\n"


def test_a_file_that_was_changed_meanwhile_is_left_alone(project: Path) -> None:
    (project / "Dockerfile").write_bytes(b"somebody else\n")
    changes = [change(project / "Dockerfile", b"before\n"), change(project / ".dockerignore", None)]
    with pytest.raises(CannotRun, match="was changed meanwhile: nothing was written"):
        write_changes(changes, project)
    assert names(project) == ["Dockerfile"]
    assert (project / "Dockerfile").read_bytes() == b"somebody else\n"


def test_a_file_that_appeared_meanwhile_is_left_alone(project: Path) -> None:
    (project / ".dockerignore").write_bytes(b"theirs\n")
    with pytest.raises(CannotRun, match="was changed meanwhile"):
        write_changes([change(project / ".dockerignore", None)], project)
    assert (project / ".dockerignore").read_bytes() == b"theirs\n"


def test_a_failure_half_way_takes_everything_back(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    replace = os.replace

    def failing(source: str, target: Path) -> None:
        if Path(target).name == "Dockerfile":
            raise OSError(28, "No space left on device")
        replace(source, target)

    monkeypatch.setattr(os, "replace", failing)
    changes = [change(project / "Dockerfile", b"before\n"), change(project / ".dockerignore", None)]
    with pytest.raises(CannotRun, match="Dockerfile: cannot be written: No space left on device"):
        write_changes(changes, project)
    assert names(project) == ["Dockerfile"]
    assert (project / "Dockerfile").read_bytes() == b"before\n"


def test_a_folder_that_cannot_be_written_is_told(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def denied(**_options: object) -> None:
        raise PermissionError(13, "Permission denied", "temporary")

    monkeypatch.setattr("tempfile.mkstemp", denied)
    with pytest.raises(CannotRun, match=r"^Dockerfile: cannot be written: Permission denied$"):
        write_changes([change(project / "Dockerfile", b"before\n")], project)


def test_a_file_that_vanished_is_told(project: Path) -> None:
    (project / "Dockerfile").unlink()
    with pytest.raises(CannotRun, match="was changed meanwhile"):
        write_changes([change(project / "Dockerfile", b"before\n")], project)
