"""A record as a file: the same when read again, and a clear message for everything else."""

from __future__ import annotations

import copy
import dataclasses
import gzip
import json
from contextlib import suppress

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.observed.conftest import RECORDS

from jettison.cache import Entry, Tree
from jettison.errors import CannotRun
from jettison.observed import ObservedBuild, read_build
from jettison.observed.record import from_bytes, to_bytes

DATA = (RECORDS / "build.json.gz").read_bytes()
DOCUMENT = json.loads(gzip.decompress(DATA))


def test_what_is_written_is_read_again(build):
    assert from_bytes(to_bytes(build), "x") == build
    assert build.record.ok
    assert len(build.record.steps) == 16
    assert build.tree.files["a.txt"].mode == 0o100644
    assert build.dockerfile.startswith(b"FROM busybox:1.35 AS base\n")


def test_paths_that_are_no_utf_8_survive(build):
    odd = b"caf\xe9".decode("utf-8", "surrogateescape")
    tree = Tree({odd: Entry(0o100644, "0" * 40)}, {"d": 0o40755}, "x")
    changed = dataclasses.replace(build, tree=tree, ignore=b"\xff\x00", dockerfile=None)
    assert from_bytes(to_bytes(changed), "x") == changed


def test_when_the_steps_ran_and_what_they_waited_for_is_kept(build):
    first, second, *rest = build.record.steps
    second = dataclasses.replace(second, spans=((0.5, 1.0), (1.25, 2.0)), after=(0,))
    record = dataclasses.replace(build.record, steps=(first, second, *rest))
    changed = dataclasses.replace(build, record=record)
    assert from_bytes(to_bytes(changed), "x") == changed


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("after", [16]),
        ("after", [-1]),
        ("after", 1),
        ("spans", [[2.0, 1.0]]),
        ("spans", [[0, 10**400]]),
        ("spans", [1, 2]),
    ],
)
def test_times_that_cannot_be_are_damage(name, value):
    document = copy.deepcopy(DOCUMENT)
    document["record"]["steps"][1][name] = value
    with pytest.raises(CannotRun, match=f"damaged: {name}"):
        from_bytes(gzip.compress(json.dumps(document).encode()), "x")


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "cannot be read"),
        (DATA[:-200], "cannot be read"),
        (DATA[:20], "cannot be read"),
        (b"PK\x03\x04 something else", "cannot be read"),
        (gzip.compress(b"[1, 2]"), "cannot be read"),
        (gzip.compress(b"[" * 100_000), "cannot be read"),
        (gzip.compress(b"{}"), "this is no build record"),
        (gzip.compress(b'{"kind": "jettison build record", "version": 2}'), "of version 2"),
        (gzip.compress(b'{"kind": "jettison build record", "version": 1}'), "damaged"),
    ],
)
def test_everything_else_is_a_message_with_a_hint(data, message):
    with pytest.raises(CannotRun, match=message) as problem:
        from_bytes(data, "some.json.gz")
    assert "some.json.gz" in problem.value.message
    assert problem.value.hint


def test_a_bomb_is_not_unpacked(monkeypatch):
    monkeypatch.setattr("jettison.observed.record.LARGEST", 1000)
    with pytest.raises(CannotRun, match="cannot be read"):
        from_bytes(gzip.compress(b'{"a": "' + b" " * 5000 + b'"}'), "x")


def test_a_file_that_is_not_there(tmp_path):
    with pytest.raises(CannotRun, match="cannot be read: No such file"):
        read_build(tmp_path / "x.json.gz")


def places(value, at=()):
    yield at
    for key, inner in (
        value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    ):
        yield from places(inner, (*at, key))


PLACES = [place for place in places(DOCUMENT) if place]
ODD = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=9),
    st.just([]),
    st.just({}),
    st.just([[]]),
)


@given(st.sampled_from(PLACES), ODD)
@settings(max_examples=300, deadline=None)
def test_a_value_of_another_kind_never_ends_in_a_traceback(place, value):
    document = copy.deepcopy(DOCUMENT)
    inner = document
    for key in place[:-1]:
        inner = inner[key]
    inner[place[-1]] = value
    with suppress(CannotRun):
        assert isinstance(from_bytes(gzip.compress(json.dumps(document).encode(), 1), "x"), ObservedBuild)


@given(st.integers(0, len(DATA) - 1), st.integers(1, 255))
@settings(max_examples=200, deadline=None)
def test_a_changed_byte_never_ends_in_a_traceback(at, change):
    data = bytearray(DATA)
    data[at] ^= change
    with suppress(CannotRun):
        from_bytes(bytes(data), "x")
