"""Which wheels a lock file names for a Python, and what a project needs by its own word."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.project import Project
from jettison.stages.requirements import locked, named_by_pip

LINUX = "manylinux_2_17_x86_64.manylinux2014_x86_64"


def project_of(folder: Path, dockerfile: str, **files: str) -> Project:
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    (folder / "Dockerfile").write_text(dockerfile)
    return Project(dockerfile.encode(), root=folder, file=folder / "Dockerfile")


@pytest.mark.parametrize(
    ("wheels", "fits"),
    [
        (["x-1-py3-none-any"], True),
        (["x-1-py2.py3-none-any"], True),
        (["x-1-py2-none-any"], False),
        ([f"x-1-cp311-cp311-{LINUX}"], True),
        ([f"x-1-cp312-cp312-{LINUX}"], False),
        ([f"x-1-cp313-cp313t-{LINUX}", f"x-1-cp311-cp311-{LINUX}"], True),
        ([f"x-1-cp39-abi3-{LINUX}"], True),
        ([f"x-1-cp312-abi3-{LINUX}"], False),
        ([f"x-1-py3-none-{LINUX}"], True),
        (["x-1-cp311-cp311-musllinux_1_2_x86_64"], False),
        (["x-1-cp311-cp311-manylinux_2_17_aarch64"], False),
        (["x-1-cp311-cp311-win_amd64", "x-1-cp311-cp311-macosx_11_0_x86_64"], False),
        ([f"x_y-1.0-2-cp311-cp311-{LINUX}"], True),
        ([], False),
    ],
)
def test_wheels_of_a_lock(wheels: list[str], fits: bool, tmp_path: Path) -> None:
    files = "\n".join(f'    {{file = "{wheel}.whl", hash = "sha256:0"}},' for wheel in wheels)
    lock = f'[[package]]\nname = "X_y"\nfiles = [\n{files}\n    {{file = "x-1.tar.gz"}},\n]\n'
    project = project_of(tmp_path, "FROM python\n", poetry__lock=lock)
    assert locked(project, "poetry.lock", "3.11") == {"x-y": fits}


def test_a_package_that_is_locked_twice_needs_two_wheels(tmp_path: Path) -> None:
    block = '[[package]]\nname = "x"\nwheels = [\n    {{ url = "https://example.com/x-1-{}.whl" }},\n]\n'
    text = block.format("py3-none-any") + block.format(f"cp39-cp39-{LINUX}")
    assert locked(project_of(tmp_path, "FROM python\n", uv__lock=text), "uv.lock", "3.11") == {"x": False}


def test_pipfile_lock_names_no_wheels(tmp_path: Path) -> None:
    text = '{"default": {"Flask": {}}, "develop": {"pytest": {}}}'
    project = project_of(tmp_path, "FROM python\n", Pipfile__lock=text)
    assert locked(project, "Pipfile.lock", "3.11") == {"flask": False}


@pytest.mark.parametrize(
    ("manifest", "named"),
    [
        ('[project]\ndependencies = ["Flask>=3", "x_y[z]"]\n', ["flask", "x-y"]),
        ('[project]\ndependencies = ["a"]\n[project.optional-dependencies]\nweb = ["b==1"]\n', ["a", "b"]),
        ('[project]\ndynamic = ["dependencies"]\n', ["?"]),
        ('[tool.poetry.dependencies]\nflask = "*"\n', ["?"]),
        ("no TOML", ["?"]),
    ],
)
def test_what_a_project_needs(manifest: str, named: list[str], tmp_path: Path) -> None:
    project = project_of(tmp_path, "FROM python\nRUN pip install uv .[web]\n", pyproject__toml=manifest)
    assert list(named_by_pip(project, project.dockerfile.stages[0])) == named
