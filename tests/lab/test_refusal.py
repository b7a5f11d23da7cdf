"""Where a lab cannot run it says so, with what to do; where none is needed it stays away."""

from __future__ import annotations

import pytest
from support import lab, shell


def test_not_root(tmp_path):
    result = lab("up", folder=tmp_path / "l", JETTISON_LAB_EUID="1000")
    assert result.returncode == 3
    assert "needs root" in result.stderr
    assert "engine with buildx" in result.stderr
    assert result.stdout == ""
    assert not (tmp_path / "l").exists()


def test_not_debian(tmp_path):
    release = tmp_path / "os-release"
    release.write_text('ID=fedora\nVERSION_ID="42"\n')
    result = lab("up", folder=tmp_path / "l", JETTISON_LAB_EUID="0", JETTISON_LAB_OS_RELEASE=str(release))
    assert result.returncode == 3
    assert "fedora 42" in result.stderr


@pytest.mark.parametrize("arguments", [(), ("fly",), ("up", "--fast"), ("image",), ("image", "rust:1")])
def test_wrong_use(tmp_path, arguments):
    assert lab(*arguments, folder=tmp_path / "l", JETTISON_LAB_EUID="0").returncode == 2


def test_env_before_up(tmp_path):
    result = lab("env", folder=tmp_path / "l")
    assert (result.returncode, result.stdout) == (1, "")
    assert "lab up" in result.stderr


@pytest.fixture
def own_engine(tmp_path):
    """A `docker` that answers like an engine with buildx."""
    fake = tmp_path / "bin" / "docker"
    fake.parent.mkdir()
    fake.write_text("#!/bin/sh\necho 99.0\n")
    fake.chmod(0o755)
    return {"PATH": f"{fake.parent}:/usr/sbin:/usr/bin:/sbin:/bin", "DOCKER_HOST": "unix:///own.sock"}


@pytest.mark.parametrize("arguments", [("up",), ("env",), ("image", "golang")])
def test_an_own_engine_is_left_alone(tmp_path, own_engine, arguments):
    result = lab(*arguments, folder=tmp_path / "l", **own_engine)
    assert (result.returncode, result.stdout) == (0, "")
    assert not (tmp_path / "l").exists()


SOURCES = """\
Types: deb
URIs: http://m.example/debian-security/
Suites: bookworm-security
Components: main

Types: deb
URIs: http://m.example/debian/
Suites: bookworm bookworm-updates
Components: main
"""


def test_mirror_of_deb822_sources(tmp_path):
    (tmp_path / "sources.list.d").mkdir()
    (tmp_path / "sources.list.d" / "debian.sources").write_text(SOURCES)
    assert shell("mirror main; mirror security", "say", "host", JETTISON_LAB_APT=str(tmp_path)).split() == [
        "http://m.example/debian",
        "http://m.example/debian-security",
    ]


def test_mirror_of_one_line_sources(tmp_path):
    (tmp_path / "sources.list").write_text(
        "# main\ndeb [arch=amd64 trusted=no] http://m.example/debian bookworm main\n"
    )
    assert (
        shell("mirror main; mirror security", "say", "host", JETTISON_LAB_APT=str(tmp_path))
        == "http://m.example/debian"
    )
