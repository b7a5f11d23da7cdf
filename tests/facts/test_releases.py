"""Which release an image stands on, and its glibc."""

from __future__ import annotations

import pytest

from jettison.facts.bases import Reference
from jettison.facts.releases import by_name, is_built, release_of, releases


@pytest.mark.parametrize(
    ("image", "shown", "glibc"),
    [
        ("debian:12-slim", "bookworm", "2.36"),
        ("debian:8", "jessie", "2.19"),
        ("debian:bookworm-20260901-slim", "bookworm", "2.36"),
        ("ubuntu:22.04", "jammy", "2.35"),
        ("ubuntu:noble", "noble", "2.39"),
        ("nvidia/cuda:12.4.1-runtime-ubuntu22.04", "jammy", "2.35"),
        ("eclipse-temurin:21-jre-jammy", "jammy", "2.35"),
        ("registry.access.redhat.com/ubi9/ubi-minimal:9.4", "rhel 9", "2.34"),
        ("rockylinux:8.9-minimal", "rhel 8", "2.28"),
        ("almalinux:10", "rhel 10", "2.39"),
        ("centos:7", "rhel 7", "2.17"),
        ("amazonlinux:2", "amazon 2", "2.26"),
        ("amazoncorretto:21-al2023", "amazon 2023", "2.34"),
        ("gcr.io/distroless/cc-debian12:nonroot", "bookworm", "2.36"),
        ("golang:1.27", "trixie", "2.41"),
        ("golang:1.25.3", "trixie", "2.41"),
        ("rust", "trixie", "2.41"),
    ],
)
def test_known(image: str, shown: str, glibc: str) -> None:
    found = release_of(Reference.parse(image))
    assert found is not None
    assert (found.shown, found.glibc) == (shown, glibc)


@pytest.mark.parametrize(
    "image",
    ["alpine:3.20", "golang:1.27-alpine3.20", "golang:1.22", "golang:1.24.3", "python:3.12.1", "ubuntu",
     "ubuntu:23.10", "example.com/own:12", "node:22", "golang:tip", "rockylinux:latest"],
)  # fmt: skip
def test_not_known(image: str) -> None:
    assert release_of(Reference.parse(image)) is None


@pytest.mark.parametrize(
    ("repository", "version", "name", "built"),
    [
        ("golang", "1.27", "bookworm", True),
        ("golang", "", "bookworm", True),
        ("golang", "1.27.3", "bookworm", True),
        ("golang", "1.19", "bookworm", True),
        ("golang", "1.19.3", "bookworm", False),
        ("golang", "1.27", "bullseye", False),
        ("golang", "1.24", "bullseye", True),
        ("golang", "1", "bullseye", False),
        ("rust", "1.98", "bullseye", True),
        ("rust", "nightly", "bookworm", False),
        ("gcc", "14", "bookworm", False),
    ],
)
def test_tags_that_are_there(repository: str, version: str, name: str, built: bool) -> None:
    release = by_name(name)
    assert release is not None
    assert is_built(repository, version, release) is built


def test_releases_of_a_system_are_in_order() -> None:
    for system in {each.system for each in releases()}:
        versions = [each.glibc_parts for each in releases() if each.system == system]
        assert versions == sorted(versions)
