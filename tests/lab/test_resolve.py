"""Names as Dockerfiles write them, and the images they get."""

from __future__ import annotations

import subprocess

import pytest
from support import shell


@pytest.mark.parametrize(
    ("name", "answer"),
    [
        ("debian:bookworm", "debian:bookworm same"),
        ("debian:12-slim", "debian:bookworm-slim same"),
        ("docker.io/library/golang:1.27", "golang:1.27 same"),
        ("golang", "golang:1.27 same"),
        ("golang:1.27-bookworm", "golang:1.27 same"),
        ("golang:1.22.3-bullseye", "golang:1.22 stand-in"),
        ("golang:1.27.1-alpine3.19", "golang:1.27-alpine stand-in"),
        ("python:3.11-slim-bookworm", "python:3.11-slim same"),
        ("python:3.11.4-slim", "python:3.11-slim stand-in"),
        ("python:3.12-slim", "python:3.11-slim stand-in"),
        ("node:20.11.0-bookworm-slim", "node:20-slim stand-in"),
        ("node:lts", "node:22 stand-in"),
        ("gcr.io/distroless/static", "gcr.io/distroless/static-debian12:latest same"),
        ("gcr.io/distroless/static:nonroot", "gcr.io/distroless/static-debian12:nonroot same"),
        ("postgres:16.2", "postgres:15 stand-in"),
    ],
)
def test_answer(name, answer):
    assert shell(f"table_resolve {name}", "table") == answer


@pytest.mark.parametrize(
    "name",
    [
        "nginx:alpine",
        "python:3.11-alpine",
        "rust:1",
        "golang:2",
        "golang@sha256:12",
        "example.org/golang:1.27",
    ],
)
def test_no_answer_rather_than_a_wrong_one(name):
    with pytest.raises(subprocess.CalledProcessError):
        shell(f"table_resolve {name}", "table")
