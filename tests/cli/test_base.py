"""`jettison base` and `jettison facts refresh`."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from jettison.facts.overlay import Measured, keep_images, measured_images
from jettison.image.remote import RemoteImage

pytestmark = pytest.mark.usefixtures("own_facts")


@pytest.fixture
def own_facts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    path = tmp_path / "data" / "facts.json"
    monkeypatch.setenv("JETTISON_FACTS", str(path))
    return path


def base(jettison, folder: Path, source: str, **files: str) -> dict:
    folder.mkdir(exist_ok=True)
    (folder / "Dockerfile").write_text(source)
    for name, text in files.items():
        (folder / name.replace("__", ".")).write_text(text)
    ran = jettison("base", str(folder), "--format", "json")
    assert ran.code == 0, ran.err
    return json.loads(ran.out)


@pytest.mark.parametrize(
    ("source", "wanted"),
    [
        ("FROM python:3.12\n", "python:3.12-slim"),
        ("FROM python:3.12-slim\n", "python:3.12-slim"),
        ("FROM python:3.12-slim-bookworm\n", "python:3.12-slim-bookworm"),
        ("FROM node\n", "node:slim"),
        ("FROM node:22-alpine\n", "node:22-alpine"),
        ("FROM debian\n", "debian:trixie-slim"),
        ("FROM openjdk:17\n", "eclipse-temurin:17-jre"),
        ("FROM eclipse-temurin:21-jre-jammy\n", "eclipse-temurin:21-jre-jammy"),
        ("FROM php:8.3-fpm\n", "php:8.3-fpm"),
        ("FROM php:8.3-apache-bookworm\n", "php:8.3-apache-bookworm"),
        ("FROM php:8.3-fpm-alpine\n", "php:8.3-fpm-alpine"),
        ("FROM ruby:3.3\n", "ruby:3.3-slim"),
        ("FROM golang:1.24\nRUN go build -o /x .\n", "gcr.io/distroless/base-debian13:nonroot"),
        ("FROM rust:1.90\nRUN cargo build --release\n", "gcr.io/distroless/cc-debian13:nonroot"),
        ("FROM gcc:14\nRUN g++ -o /x x.cpp\n", "gcr.io/distroless/cc-debian13:nonroot"),
        (
            "FROM golang:1.24 AS b\nRUN CGO_ENABLED=0 go build -o /x .\nFROM debian:bookworm-slim\n"
            'COPY --from=b /x /x\nCMD ["/x"]\n',
            "gcr.io/distroless/static-debian13:nonroot",
        ),
        (
            "FROM golang:1.24 AS b\nRUN CGO_ENABLED=0 go build -o /x .\nFROM debian:bookworm-slim\n"
            "COPY --from=b /x /x\nCMD /x --port $PORT\n",
            "debian:bookworm-slim",
        ),
    ],
)
def test_what_is_advised(jettison, tmp_path: Path, source: str, wanted: str) -> None:
    assert base(jettison, tmp_path / "p", source)["advice"]["image"] == wanted


@pytest.mark.parametrize(
    ("source", "images"),
    [
        ("FROM php:8.3-fpm\n", ["php:8.3-fpm", "php:8.3-fpm-alpine"]),
        ("FROM php:8.3-apache\n", ["php:8.3-apache"]),
        ("FROM node:22\n", [
            "node:22", "node:22-slim", "node:22-alpine", "gcr.io/distroless/nodejs22-debian13",
        ]),
        ("FROM eclipse-temurin:17\n", [
            "eclipse-temurin:17-jdk", "eclipse-temurin:17-jre", "eclipse-temurin:17-jre-alpine",
            "gcr.io/distroless/java17-debian13:nonroot",
        ]),
    ],
)  # fmt: skip
def test_the_choices_keep_version_and_variant(
    jettison, tmp_path: Path, source: str, images: list[str]
) -> None:
    assert [each["image"] for each in base(jettison, tmp_path / "p", source)["choices"]] == images


@pytest.mark.parametrize(
    "image",
    ["golang:1.24", "node:22", "python:3.12", "eclipse-temurin:21", "rust:1.90", "php:8.3", "ruby:3.3"],
)
def test_every_choice_says_what_it_costs_and_what_comes_with_it(jettison, tmp_path: Path, image: str) -> None:
    rows = base(jettison, tmp_path / "p", f"FROM {image}\nCOPY . /app\n")["choices"]
    assert all(row["why"] for row in rows)
    assert any(row["compressed"] for row in rows)
    for row in rows:
        assert row["comes_with"]["libc"] in ("glibc", "musl", "none")
        assert all(row["comes_with"][name] for name in ("shell", "health", "debugging", "certificates"))


def test_a_rust_program_does_not_fit_where_libgcc_is_missing(jettison, tmp_path: Path) -> None:
    rows = base(jettison, tmp_path / "p", "FROM rust:1.90\nRUN cargo build --release\n")["choices"]
    fits = {row["kind"]: row["fits"] for row in rows}
    assert (fits["distroless"], fits["cc"]) == (False, True)
    assert "musl target" in next(row["why"] for row in rows if row["kind"] == "scratch")


def test_musl_is_judged_by_the_packages(jettison, tmp_path: Path) -> None:
    source = "FROM python:3.12-alpine\n"
    missing = base(jettison, tmp_path / "a", source, requirements__txt="numpy==2\nScikit_Learn==1.5\n")
    assert missing["advice"] == {
        "image": "python:3.12-slim",
        "why": "musl: no build of scikit-learn (requirements.txt)",
    }
    there = base(jettison, tmp_path / "b", source, requirements__txt="numpy==2\n")
    unknown = base(jettison, tmp_path / "c", source, requirements__txt="numpy==2\nnever-heard-of\n")
    fits = [next(c["fits"] for c in d["choices"] if c["kind"] == "alpine") for d in (missing, there, unknown)]
    assert fits == [False, True, None]


def test_the_table_names_sizes_with_their_date(jettison, tmp_path: Path) -> None:
    (tmp_path / "Dockerfile").write_text("FROM python:3.12\n")
    ran = jettison("base", str(tmp_path))
    assert ran.code == 0
    assert "-> python:3.12-slim" in ran.out
    assert "43.4" in ran.out
    assert "rule of thumb 2026-08" in ran.out


@pytest.mark.parametrize("source", ["FROM example.com/own:1\n", "FROM $X\n"])
def test_what_is_not_known_is_said(jettison, tmp_path: Path, source: str) -> None:
    (tmp_path / "Dockerfile").write_text(source)
    assert "not known" in jettison("base", str(tmp_path)).out
    answer = base(jettison, tmp_path, source)
    assert (answer["choices"], answer["advice"]) == ([], None)


@pytest.mark.parametrize("source", ["RUN x\n", ""])
def test_without_a_from_is_exit_code_2(jettison, tmp_path: Path, source: str) -> None:
    (tmp_path / "Dockerfile").write_text(source)
    ran = jettison("base", str(tmp_path))
    assert (ran.code, ran.out) == (2, "")


def test_measured_sizes_come_first(jettison, tmp_path: Path, own_facts: Path) -> None:
    keep_images({"python:slim": Measured(51_200_000, "sha256:x", "2027-01-02")})
    rows = base(jettison, tmp_path / "p", "FROM python:3.12\n")["choices"]
    assert rows[1]["compressed"] == {
        "megabytes": 51.2, "of": "slim", "date": "2027-01-02", "basis": "measured",
    }  # fmt: skip


@pytest.mark.parametrize("text", ["", "[]", '{"image-choices": {"a": 1}}', '{"image-choices": []}', "\x00"])
def test_a_file_of_another_form_is_told_and_made_anew(jettison, tmp_path, own_facts, text: str) -> None:
    own_facts.parent.mkdir()
    own_facts.write_text(text)
    (tmp_path / "Dockerfile").write_text("FROM python:3.12\n")
    ran = jettison("base", str(tmp_path))
    assert ran.code == 2
    assert "delete the file" in ran.err
    row = Measured(1, "d", "2027-01-01")
    keep_images({"a:b": row})
    assert measured_images() == {"a:b": row}


def test_refresh_keeps_what_the_registry_says(jettison, own_facts: Path, monkeypatch) -> None:
    asked = []

    def answer(host: str, name: str, tag: str) -> RemoteImage | None:
        asked.append((host, name, tag))
        return RemoteImage(44_000_000, "sha256:y") if name == "library/python" else None

    monkeypatch.setattr("jettison.image.remote.remote_image", answer)
    keep_images({"other:1": Measured(1, "d", "2027-01-01")})
    ran = jettison("facts", "refresh", "--registry", "mirror.example")
    assert ran.code == 0
    assert {host for host, _, _ in asked} == {"mirror.example"}
    assert measured_images()["python:slim"][:2] == (44_000_000, "sha256:y")
    assert "other:1" in measured_images()
    assert "python:slim  44.0 MB compressed" in ran.out


def test_refresh_without_a_registry_is_exit_code_2(jettison, own_facts: Path) -> None:
    ran = jettison("facts", "refresh", "--registry", "127.0.0.1:1")
    assert (ran.code, ran.out) == (2, "")
    assert "127.0.0.1:1" in ran.err
    assert "--registry" in ran.err
    assert not own_facts.exists()


@pytest.mark.parametrize(
    ("source", "fits", "why"),
    [
        ('FROM python:3.11-slim-bookworm\nCMD ["python", "app.py"]\n', None, "packages come from a builder"),
        (
            'FROM python:3.11-slim-bookworm\nENTRYPOINT ["python3"]\nCMD ["app.py"]\n',
            None,
            "from a builder",
        ),
        ('FROM python:3.11-slim-trixie\nCMD ["python", "app.py"]\n', None, "may not load"),
        ('FROM python:3.12-slim\nCMD ["python", "app.py"]\n', False, "the project runs on 3.12"),
        ('FROM python:slim\nCMD ["python", "app.py"]\n', None, "is not certain"),
        ("FROM python:3.11-slim-bookworm\nCMD python app.py\n", False, "the CMD of line 2 needs a shell"),
        ('FROM python:3.11-slim-bookworm\nCMD ["gunicorn", "a:b"]\n', False, "python -m gunicorn"),
        ('FROM python:3.11-slim-bookworm\nENTRYPOINT ["/start.sh"]\n', False, "starts start.sh"),
        (
            'FROM python:3.11-slim-bookworm\nENTRYPOINT ["/start"]\n',
            False,
            "starts start, which needs a shell",
        ),
    ],
)
def test_distroless_python(source: str, fits: bool | None, why: str, jettison, tmp_path: Path) -> None:
    document = base(jettison, tmp_path, source, start="#!/bin/sh\n")
    found = {each["image"]: each for each in document["choices"]}
    row = found["gcr.io/distroless/python3-debian12"]
    assert row["fits"] is fits
    assert why in row["why"]
    assert "3.13" in found["gcr.io/distroless/python3-debian13"]["why"]
    assert "distroless" not in document["advice"]["image"]
