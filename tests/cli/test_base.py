"""`jettison base`: the choices, what speaks against each, and where the numbers come from."""

from __future__ import annotations

import json


def test_the_choices_with_their_sizes(jettison_itself, folder):
    lines = ("FROM python:3.12", "RUN pip install -r requirements.txt", "CMD python app.py")
    (folder / "Dockerfile").write_text("\n".join(lines))
    (folder / "requirements.txt").write_text("torch==2.9.1\nflask\n")
    done = jettison_itself("base")
    assert done.code == 0, done.err
    assert "python:3.12-slim" in done.out
    assert "python:3.12-alpine" in done.out
    assert "torch" in done.out
    assert "rule of thumb" in done.out


def test_as_json(jettison_itself, folder):
    (folder / "Dockerfile").write_text("FROM node:22\nCMD node app.js\n")
    answer = json.loads(jettison_itself("base", "--format", "json").out)
    (stage,) = answer["bases"]
    assert stage["image"] == "node:22"
    assert [choice["image"] for choice in stage["choices"]][:2] == ["node:22", "node:22-slim"]
    assert {choice["libc"] for choice in stage["choices"]} == {"glibc", "musl"}


def test_a_base_that_is_not_known(jettison_itself, folder):
    (folder / "Dockerfile").write_text("FROM registry.example.com/mine:1\n")
    done = jettison_itself("base")
    assert done.code == 0
    assert "not known" in done.out
