import pytest

from jettison.facts.bases import Reference, base_facts, debian_suite


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("golang", ("golang", "", "")),
        ("golang:1.27", ("golang", "1.27", "")),
        ("docker.io/library/golang:1.27@sha256:ab", ("golang", "1.27", "sha256:ab")),
        ("library/node:22", ("node", "22", "")),
        ("docker.io/bitnami/redis", ("bitnami/redis", "", "")),
        ("localhost:5000/app", ("localhost:5000/app", "", "")),
        ("localhost:5000/app:v1", ("localhost:5000/app", "v1", "")),
        ("gcr.io/distroless/static-debian12:nonroot", ("gcr.io/distroless/static-debian12", "nonroot", "")),
    ],
)
def test_reference(text, expected):
    assert Reference.parse(text) == expected


@pytest.mark.parametrize(
    ("text", "musl", "suite"),
    [
        ("golang:1.27-alpine3.20", True, ""),
        ("golang:alpine", True, ""),
        ("alpine:3.20", True, ""),
        ("golang:1.27-bookworm", False, "bookworm"),
        ("golang:bookworm", False, "bookworm"),
        ("golang:1.27", False, "trixie"),
        ("debian:bookworm-slim", False, "bookworm"),
        ("example.com/own/image:1", False, ""),
    ],
)
def test_libc_and_suite(text, musl, suite):
    reference = Reference.parse(text)
    assert (reference.musl, debian_suite(reference)) == (musl, suite)


def test_windows_images_are_told_apart():
    assert Reference.parse("mcr.microsoft.com/windows/servercore:ltsc2022").windows
    assert Reference.parse("golang:1.27-windowsservercore-ltsc2022").windows
    assert Reference.parse("mcr.microsoft.com/windows/nanoserver:1809").windows


def test_unknown_base_has_no_facts():
    assert base_facts("example.com/own/image") is None
    assert base_facts("golang").workdir == "/go"
