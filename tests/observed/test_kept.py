"""The records in the user's cache folder."""

from __future__ import annotations

import dataclasses
import os
import stat

import pytest

from jettison.errors import CannotRun
from jettison.observed import keep_build, kept_builds, read_build
from jettison.observed.kept import salt


def at(build, minute):
    return dataclasses.replace(build, began=f"2026-11-28T20:{minute:02}:00.000000Z")


def test_the_newest_comes_first(build):
    paths = [keep_build(at(build, minute)) for minute in (1, 3, 2)]
    assert kept_builds(build.context, build.path) == (paths[1], paths[2], paths[0])
    assert read_build(paths[1]) == at(build, 3)
    assert kept_builds(build.context, "/srv/app/other") == ()


def test_the_user_alone_may_read_them(build, own_cache):
    path = keep_build(build)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert list(own_cache.rglob(".*")) == []


def test_the_oldest_are_dropped(build, monkeypatch):
    monkeypatch.setattr("jettison.observed.kept.RECORDS", 3)
    paths = [keep_build(at(build, minute)) for minute in range(5)]
    assert list(kept_builds(build.context, build.path)) == paths[:1:-1]


def test_the_oldest_are_dropped_of_whatever_project_when_there_is_too_much(build, monkeypatch):
    other = dataclasses.replace(at(build, 0), path="/srv/app/other")
    first = keep_build(other)
    monkeypatch.setattr("jettison.observed.kept.BYTES", int(first.stat().st_size * 1.5))
    second = keep_build(at(build, 1))
    assert second.exists()
    assert not first.exists()


def test_the_salt_is_made_once(own_cache):
    assert salt() == salt()
    assert len(salt()) == 32


def test_a_folder_that_cannot_be_written_is_a_message(build, own_cache):
    own_cache.mkdir()
    (own_cache / "jettison").write_text("a file")
    with pytest.raises(CannotRun, match="cannot be written"):
        keep_build(build)


def test_a_full_disk_leaves_nothing_half_written(build, own_cache, monkeypatch):
    def full(*_):
        raise OSError(28, os.strerror(28))

    monkeypatch.setattr("pathlib.Path.replace", full)
    with pytest.raises(CannotRun, match="No space left"):
        keep_build(build)
    assert not [path for path in own_cache.rglob("*") if path.is_file()]
