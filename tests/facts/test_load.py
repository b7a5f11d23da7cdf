"""Tables are read right, kept beside the byte code, and never trusted blindly."""

import re
import tomllib
from datetime import date
from pathlib import Path

import pytest

from jettison import facts

TABLES = sorted(Path(facts.__file__).parent.glob("*.toml"))


@pytest.mark.parametrize("table", TABLES, ids=lambda t: t.stem)
def test_every_table_is_dated_and_names_its_source(table):
    text = table.read_text("utf-8")
    assert isinstance(tomllib.loads(text)["date"], date)
    assert re.search(r"^(# Sources?: |source = |sources? = )", text, re.M)


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.setattr(facts, "_FOLDER", str(tmp_path))
    monkeypatch.setattr("sys.dont_write_bytecode", False)
    facts.load.cache_clear()
    yield tmp_path
    facts.load.cache_clear()


def test_a_changed_table_is_read_again(folder):
    (folder / "x.toml").write_text("a = 1\ndate = 2026-01-02\nb = ['c']\n")
    assert facts.load("x") == {"a": 1, "date": "2026-01-02", "b": ["c"]}
    facts.load.cache_clear()
    assert facts.load("x") == {"a": 1, "date": "2026-01-02", "b": ["c"]}
    assert list((folder / "__pycache__").iterdir())
    (folder / "x.toml").write_text("a = 1\ndate = 2026-01-02\nb = ['c', 'd']\n")
    facts.load.cache_clear()
    assert facts.load("x")["b"] == ["c", "d"]


@pytest.mark.parametrize("damage", [b"", b"\0", b"nonsense", b"\xf3\xff\xff\xff\x7f"])
def test_a_damaged_copy_is_made_anew(folder, damage):
    (folder / "x.toml").write_text("a = ['b']\n")
    facts.load("x")
    kept = next((folder / "__pycache__").iterdir())
    kept.write_bytes(damage)
    facts.load.cache_clear()
    assert facts.load("x") == {"a": ["b"]}


def test_without_a_place_to_keep_it(folder):
    (folder / "x.toml").write_text("a = ['b']\n")
    (folder / "__pycache__").write_text("a file is in the way")
    assert facts.load("x") == {"a": ["b"]}
