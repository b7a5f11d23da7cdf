from __future__ import annotations

import json
from collections.abc import Sequence

import pytest

from jettison.build.ledger import Ledger, explained
from jettison.build.rawjson import Recording
from jettison.build.usage import CacheRecord


def at(seconds: float) -> str:
    return f"2026-11-23T06:49:{seconds:06.3f}"


def record(id: str, description: str, made: float, type: str = "regular") -> CacheRecord:
    return CacheRecord(id, (), type, 1, description, at(made).replace("T", " ") + " +0000 UTC", False)


def recording(*steps: tuple[str, float, float | None]) -> Recording:
    found = Recording()
    for number, (name, start, end) in enumerate(steps):
        vertex = {"digest": str(number), "name": name, "started": at(start) + "Z"}
        if end is not None:
            vertex["completed"] = at(end) + "Z"
        found.feed(json.dumps({"vertexes": [vertex]}).encode())
    return found


BUILD = recording(
    ("[internal] load build definition from Dockerfile", 1, 1.1),
    ("[internal] load .dockerignore", 1.2, 1.3),
    ("[internal] load build context", 1.4, 1.5),
    ("[builder 1/4] FROM docker.io/library/golang:1.27@sha256:00", 1.4, 1.5),
    ("[builder 2/4] COPY go.mod ./", 2, 2.1),
    ("[builder 3/4] RUN --mount=type=cache,target=/c go build && \\   go test ./...", 3, 9),
    ("[builder 4/4] RUN <<EOF (set -e...)", 10, 12),
)


@pytest.mark.parametrize(
    ("description", "made"),
    [
        ("local source for dockerfile", 1.05),
        ("local source for context", 1.45),
        ("[builder 2/4] COPY go.mod ./", 2.15),
        ("mount / from exec /bin/sh -c go build &&   go test ./...", 9.01),
        ('cached mount /c from exec /bin/sh -c go build &&   go test ./... with id "//c"', 3.01),
        ("mount / from exec /bin/bash -o pipefail -c set -e\necho one\necho two\n", 11.9),
        ("", 59),
        ("imported sha256:0123", 30),
        ("pulled from docker.io/library/debian:latest@sha256:00", 30),
    ],
)
def test_a_step_explains_its_records(description, made):
    assert explained([record("a", description, made)], BUILD.vertexes.values()) == {"a"}


@pytest.mark.parametrize(
    ("description", "made"),
    [
        ("[builder 2/4] COPY go.mod ./", 4),
        ("[builder 2/4] COPY package.json ./", 2.05),
        ("mount / from exec /bin/sh -c npm ci", 9),
        ("mount / from exec /bin/sh -c go build &&   go test ./...", 20),
        ("local source for context", 8),
    ],
    ids=["another time", "another step", "another command", "the same command later", "another context"],
)
def test_what_no_step_explains_is_of_another_build(description, made):
    assert explained([record("a", description, made)], BUILD.vertexes.values()) == set()


def test_a_context_of_another_size_is_of_another_build():
    large = record("a", "local source for context", 1.45)._replace(size=12_390_000)
    assert explained([large], BUILD.vertexes.values()) == set()
    sent = recording(("[internal] load build context", 1.4, 1.5))
    sent.feed(b'{"statuses": [{"vertex": "0", "id": "transferring context:", "current": 9000000}]}')
    assert explained([large], sent.vertexes.values()) == {"a"}


def test_one_step_explains_one_record_of_a_kind():
    twice = [
        record("a", "[builder 2/4] COPY go.mod ./", 2),
        record("b", "[builder 2/4] COPY go.mod ./", 2.05),
    ]
    assert explained(twice, BUILD.vertexes.values()) == {"a"}
    assert explained(
        twice,
        [*BUILD.vertexes.values(), *recording(("[builder 2/4] COPY go.mod ./", 2, 2.1)).vertexes.values()],
    ) == {"a", "b"}


def test_a_step_that_was_broken_off_explains_what_came_after():
    broken = recording(("[2/2] RUN sleep 60", 5, None))
    assert explained([record("a", "mount / from exec /bin/sh -c sleep 60", 7)], broken.vertexes.values()) == {
        "a"
    }


class Builder:
    """As much of an engine as a ledger asks."""

    def __init__(self) -> None:
        self.records: list[CacheRecord] = [record("old", "[builder 2/4] COPY go.mod ./", 2)]

    def cache_records(self) -> Sequence[CacheRecord]:
        return tuple(self.records)


def test_only_what_appears_during_a_build_is_ours():
    builder = Builder()
    ledger = Ledger(builder)  # type: ignore[arg-type]
    with ledger.build(BUILD):
        builder.records += [
            record("ours", "[builder 2/4] COPY go.mod ./", 2),
            record("theirs", "[2/2] COPY b /", 2),
        ]
    builder.records.append(record("later", "[builder 2/4] COPY go.mod ./", 2.1))
    account = ledger.account()
    assert [found.id for found in account.certain] == ["ours"]
    assert [found.id for found in account.unsure] == ["theirs"]


def test_a_record_that_an_export_renames_is_still_ours():
    builder = Builder()
    ledger = Ledger(builder)  # type: ignore[arg-type]
    run = "mount / from exec /bin/sh -c go build &&   go test ./..."
    with ledger.build(BUILD):
        builder.records.append(record("first", run, 9))
    with ledger.build(recording(("exporting cache to registry", 30, 31))):
        builder.records[-1] = record("second", run, 9)
    assert [found.id for found in ledger.account().certain] == ["second"]


def test_a_build_that_is_broken_off_is_accounted_for():
    builder = Builder()
    ledger = Ledger(builder)  # type: ignore[arg-type]

    def interrupted() -> None:
        with ledger.build(BUILD):
            builder.records.append(record("ours", "[builder 2/4] COPY go.mod ./", 2))
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        interrupted()
    assert [found.id for found in ledger.account().certain] == ["ours"]
