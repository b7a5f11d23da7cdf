from __future__ import annotations

import json
import re

import pytest

from jettison.build.usage import CacheRecord, at_risk, parse_records, parse_size, parse_verbose, patterns


@pytest.mark.parametrize(
    ("text", "size"),
    [
        ("0B", 0),
        ("29B", 29),
        ("8.192kB", 8192),
        ("29.82MB", 29_820_000),
        ("1.5GB", 1_500_000_000),
        ("", 0),
        ("x", 0),
    ],
)
def test_sizes_as_docker_prints_them(text, size):
    assert parse_size(text) == size


def test_records_are_read_line_by_line():
    rows = [
        {"ID": "a", "Type": "regular", "Size": "29B", "Parents": ["b"], "Description": "x", "Shared": True},
        {"ID": "b*", "Type": "source.local", "Size": "4.096kB", "Parents": None, "CreatedAt": "2026"},
    ]
    text = "\n".join(map(json.dumps, rows)) + "\nno json\n{}\n[]\n"
    assert parse_records(text) == (
        CacheRecord("a", ("b",), "regular", 29, "x", "", True),
        CacheRecord("b", (), "source.local", 4096, "", "2026", False),
    )


VERBOSE = """ID:           aaa
Parents:
 - bbb
 - ccc
Created at:   2026-11-23 07:32:37.539412332 +0000 UTC
Mutable:      false
Reclaimable:  true
Shared:       true
Size:         29B
Description:  mount / from exec /bin/sh -c set -e
ID: of something
Size: none

echo two
Usage count:  1
Last used:    21 minutes ago
Type:         regular

ID:\t\tbbb*
Parents:\tccc,ddd
Created at:\t2026-11-23 07:08:46.493490894 +0000 UTC
Shared:\t\tfalse
Size:\t\t8.19kB
Usage count:\t13
Type:\t\tsource.local

Shared:\t\t29.96MB
Private:\t402.2kB
Reclaimable:\t30.37MB
Total:\t\t30.37MB
"""


def test_older_builders_list_in_blocks():
    command = "mount / from exec /bin/sh -c set -e\nID: of something\nSize: none\n\necho two"
    created = ("2026-11-23 07:32:37.539412332 +0000 UTC", "2026-11-23 07:08:46.493490894 +0000 UTC")
    assert parse_verbose(VERBOSE) == (
        CacheRecord("aaa", ("bbb", "ccc"), "regular", 29, command, created[0], True),
        CacheRecord("bbb", ("ccc", "ddd"), "source.local", 8190, "", created[1], False),
    )
    assert parse_verbose("") == ()


def test_patterns_match_the_records_and_no_other():
    ids = [f"id{n:03}" for n in range(250)]
    found = list(patterns(ids))
    assert len(found) == 3
    for id in ids:
        assert sum(bool(re.search(pattern, id)) for pattern in found) == 1
    assert not any(re.search(pattern, "id00") or re.search(pattern, "xid000") for pattern in found)
    assert not list(patterns([]))


def record(id: str, description: str = "step", parents: str = "", type: str = "regular") -> CacheRecord:
    return CacheRecord(id, tuple(parents), type, 1, description, "", False)


BASE = record("b", "")
PULLED = record("p", "pulled from docker.io/library/debian:latest")


@pytest.mark.parametrize(
    ("records", "risk"),
    [
        ([], ""),
        ([BASE, PULLED], ""),
        ([BASE, record("o", parents="b")], ""),
        ([BASE, record("u", parents="b")], "u"),
        ([PULLED, record("u", parents="p")], ""),
        ([BASE, record("u", parents="o"), record("o", parents="b")], "u"),
        ([record("u"), record("v", parents="u")], ""),
        ([record("u", "imported sha256:1")], "u"),
        ([record("u", parents="z")], "u"),
        ([record("m", "cached mount /x from exec y", type="exec.cachemount")], ""),
        ([record("l", "local source for context", type="source.local")], ""),
        ([record("u", parents="v"), record("v", parents="u")], ""),
    ],
    ids=[
        *("nothing", "bases", "ours", "on a base", "on a pulled base", "on ours", "from scratch", "imported"),
        *("unknown parent", "cache mount", "context", "circle"),
    ],
)
def test_only_others_steps_on_images_of_the_store_are_at_risk(records, risk):
    assert [found.id for found in at_risk(records, {"o"})] == list(risk)
