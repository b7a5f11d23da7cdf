"""The JSON that commands print is the one that docs/schema describes."""

from __future__ import annotations

import base64
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jettison.spans import Edit, Span, apply

Write = Callable[..., Path]
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "jettison-v1.json").read_text())


def valid(text: str) -> Any:
    made = json.loads(text)
    Draft202012Validator(SCHEMA).validate(made)
    return made


def test_the_schema_is_one() -> None:
    Draft202012Validator.check_schema(SCHEMA)


@pytest.mark.parametrize("command", ["check", "fix"])
def test_what_is_printed_fits_the_schema(jettison, dockerfile: Write, command: str) -> None:
    dockerfile("COPY . .", "RUN bad", "RUN slow", "RUN odd", "RUN hmm", "WHAT", "RUN bad bad")
    made = valid(jettison(command, "--format", "json").out)
    assert len(made["findings"]) == 7
    assert {finding["safety"] for finding in made["findings"]} == {"safe", "proven", "suggest", None}


def test_the_schema_refuses_what_it_should(jettison, dockerfile: Write) -> None:
    dockerfile("RUN bad")
    made = json.loads(jettison("check", "--format", "json").out)
    validator = Draft202012Validator(SCHEMA)
    finding = made["findings"][0]
    for wrong in (
        {**made, "version": 2},
        {**made, "more": 1},
        {"version": 1},
        {**made, "findings": [{**finding, "safety": "sure"}]},
        {**made, "findings": [{**finding, "saving": {"bytes": 1, "seconds": 0}}]},
        {**made, "findings": [{**finding, "start": {"line": 0, "column": 1}}]},
        {**made, "findings": [{**finding, "fix": {**finding["fix"], "edits": [{"start": 0, "end": 1}]}}]},
    ):
        assert not validator.is_valid(wrong), wrong


def test_a_finding_says_where_what_and_how(jettison, dockerfile: Write) -> None:
    path = dockerfile("  RUN bad")
    (finding,) = valid(jettison("check", "--format", "json").out)["findings"]
    assert finding == {
        "rule": "fake-safe",
        "code": "FK001",
        "aliases": ["DL9001"],
        "path": "Dockerfile",
        "start": {"line": 2, "column": 3},
        "end": {"line": 2, "column": 10},
        "message": "says bad",
        "saving": {"bytes": 12000000, "seconds": 0.0, "basis": "rule of thumb"},
        "safety": "safe",
        "fix": {"title": "Say good", "edits": [{"start": 17, "end": 24, "new": "RUN good"}], "files": []},
        "refused": None,
    }
    edits = [Edit(Span(e["start"], e["end"]), e["new"].encode()) for e in finding["fix"]["edits"]]
    assert apply(path.read_bytes(), edits) == b"FROM debian:12\n  RUN good\n"


def test_no_findings_are_an_empty_list(jettison, dockerfile: Write) -> None:
    dockerfile()
    ran = jettison("check", "--format", "json")
    assert (ran.code, valid(ran.out)) == (0, {"version": 1, "findings": []})


def test_bytes_that_are_not_utf8_survive() -> None:
    from jettison.report.json import content

    made = content("new", b"RUN \xff")
    assert base64.b64decode(made["new_base64"]) == b"RUN \xff"
    assert content("new", "RUN ü".encode()) == {"new": "RUN ü"}
