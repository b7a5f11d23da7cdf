"""The lab for real, in its own folder: these tests start it where it does not run yet."""

from __future__ import annotations

import os
import subprocess
import time
import urllib.request

import pytest
from support import LAB

pytestmark = pytest.mark.e2e


def command(*arguments: str, **options) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [str(LAB / "lab"), *arguments], capture_output=True, text=True, timeout=1800, **options
    )


@pytest.fixture(scope="session")
def environment() -> dict[str, str]:
    """The environment in which `docker` talks to the lab's engine, or to the caller's own."""
    up = command("up")
    assert up.returncode == 0, up.stderr
    exports = command("env").stdout
    listing = subprocess.run(["bash", "-c", f"{exports}\nenv -0"], capture_output=True, text=True, check=True)
    return dict(line.split("=", 1) for line in listing.stdout.split("\0") if line)


@pytest.fixture(scope="session")
def docker(environment):
    def run(*arguments: str, **options) -> str:
        result = subprocess.run(
            ["docker", *arguments], env=environment, capture_output=True, text=True, timeout=900, **options
        )
        assert result.returncode == 0, result.stderr
        return result.stdout.strip()

    return run


@pytest.fixture(scope="session")
def image(environment):
    def make(name: str) -> str:
        result = command("image", name)
        assert result.returncode == 0, result.stderr
        return name

    return make


@pytest.fixture
def build(docker, tmp_path):
    tags = []

    def run(dockerfile: str) -> str:
        tags.append(f"jettison-lab/test:{os.getpid()}-{len(tags)}")
        (tmp_path / "Dockerfile").write_text(dockerfile)
        docker("build", "--quiet", "--tag", tags[-1], str(tmp_path))
        return tags[-1]

    yield run
    for tag in tags:
        docker("image", "rm", "--force", tag)


@pytest.fixture
def serve(docker):
    names = []

    def run(image: str, port: int, *arguments: str) -> str:
        names.append(docker("run", "--detach", "--publish", f"127.0.0.1::{port}", image, *arguments))
        return "http://" + docker("port", names[-1], str(port)).splitlines()[0]

    yield run
    for name in names:
        docker("rm", "--force", "--volumes", name)


def fetch(address: str) -> str:
    for _ in range(50):
        try:
            with urllib.request.urlopen(address, timeout=5) as answer:
                return answer.read().decode()
        except OSError:
            time.sleep(0.2)
    raise AssertionError(f"{address} does not answer")


def test_a_second_up_changes_nothing_and_is_quick(environment):
    start = time.monotonic()
    result = command("up", env=environment)
    assert result.returncode == 0, result.stderr
    assert result.stdout == ""
    assert time.monotonic() - start < 10


def test_status_and_images(environment):
    assert "engine" in command("status").stdout
    assert "debian:bookworm" in command("images").stdout


def test_apt_works_in_a_run(image, build, docker):
    image("debian:bookworm-slim")
    tag = build(
        "FROM debian:bookworm-slim\nRUN apt-get update && apt-get install -y --no-install-recommends file\n"
    )
    assert docker("run", "--rm", tag, "file", "--version").startswith("file-")


def test_nothing_of_the_lab_stays_in_an_image(image, build, docker):
    image("debian:bookworm-slim")
    tag = build("FROM debian:bookworm-slim\nRUN env >/dev/null\n")
    assert "host-ca" not in docker("image", "inspect", tag) + docker("history", "--no-trunc", tag)
    assert docker("diff", docker("create", "--name", tag.replace("/", "-").replace(":", "-"), tag)) == ""
    docker("rm", tag.replace("/", "-").replace(":", "-"))


def test_pip_puts_packages_where_dockerfiles_expect_them(image, build, docker):
    image("python:3.11-slim")
    tag = build(
        "FROM python:3.11-slim AS build\n"
        "RUN pip install --no-cache-dir --prefix=/install itsdangerous==2.2.0\n"
        "FROM python:3.11-slim\n"
        "COPY --from=build /install /usr/local\n"
        'CMD ["python", "-c", "import itsdangerous; print(itsdangerous.__file__)"]\n'
    )
    assert docker("run", "--rm", tag) == "/usr/local/lib/python3.11/site-packages/itsdangerous/__init__.py"


@pytest.mark.parametrize("name", ["node:22-slim", "node:22-alpine"])
def test_npm_works_in_a_run(image, build, docker, name):
    image(name)
    tag = build(
        f"FROM {name}\nWORKDIR /app\nRUN npm init -y && npm install is-number@7\n"
        'CMD ["-p", "require(\'is-number\')(5)"]\n'
    )
    assert docker("run", "--rm", tag) == "true"


def test_a_go_program_on_distroless(image, build, docker, serve, tmp_path):
    image("golang:1.27")
    image("gcr.io/distroless/static-debian12:nonroot")
    (tmp_path / "go.mod").write_text("module example\n\ngo 1.27\n")
    (tmp_path / "main.go").write_text(
        'package main\n\nimport (\n\t"fmt"\n\t"net/http"\n\t"os"\n)\n\n'
        'func main() {\n\thttp.HandleFunc("/", func(w http.ResponseWriter, _ *http.Request) {\n'
        '\t\tfmt.Fprint(w, os.Getuid())\n\t})\n\thttp.ListenAndServe(":8080", nil)\n}\n'
    )
    tag = build(
        "FROM golang:1.27 AS build\nWORKDIR /src\nCOPY go.mod main.go ./\n"
        "RUN CGO_ENABLED=0 go build -o /app .\n"
        'FROM gcr.io/distroless/static-debian12:nonroot\nCOPY --from=build /app /app\nENTRYPOINT ["/app"]\n'
    )
    assert fetch(serve(tag, 8080)) == "65532"


@pytest.mark.parametrize(
    ("name", "arguments", "printed"),
    [
        ("python3-debian12:nonroot", ("-c", "import os, ssl, sqlite3; print(os.getuid())"), "65532"),
        ("nodejs22-debian12:latest", ("-p", "process.getuid()"), "0"),
    ],
)
def test_an_interpreter_on_distroless(image, docker, name, arguments, printed):
    assert docker("run", "--rm", image(f"gcr.io/distroless/{name}"), *arguments) == printed


def test_a_dynamic_program_on_distroless(image, build, docker):
    image("gcr.io/distroless/cc-debian12:latest")
    image("buildpack-deps:bookworm")
    tag = build(
        "FROM buildpack-deps:bookworm AS build\n"
        "RUN printf '#include <iostream>\\nint main() { std::cout << 42; }' >a.cc && g++ -o /a a.cc\n"
        'FROM gcr.io/distroless/cc-debian12\nCOPY --from=build /a /a\nCMD ["/a"]\n'
    )
    assert docker("run", "--rm", tag) == "42"


def test_a_database_starts_and_stops(image, docker):
    name = docker("run", "--detach", "--env", "POSTGRES_PASSWORD=secret", image("postgres:15"))
    try:
        for _ in range(100):
            if docker("logs", name).count("init process complete"):
                break
            time.sleep(0.3)
        docker("exec", name, "pg_isready", "--timeout", "30")
        docker("stop", name)
        assert docker("inspect", "--format", "{{.State.ExitCode}}", name) == "0"
    finally:
        docker("rm", "--force", "--volumes", name)


def test_nginx_serves_what_is_copied(image, build, serve):
    image("nginx:1.22")
    tag = build("FROM nginx:1.22\nRUN echo hello >/usr/share/nginx/html/index.html\n")
    assert fetch(serve(tag, 80)) == "hello\n"


def test_musl_refuses_a_glibc_program(image, build, docker):
    image("alpine:3.20")
    image("debian:bookworm-slim")
    tag = build("FROM alpine:3.20\nCOPY --from=debian:bookworm-slim /usr/bin/ls /glibc-ls\n")
    with pytest.raises(AssertionError, match="no such file or directory"):
        docker("run", "--rm", tag, "/glibc-ls")


def test_the_registry_keeps_a_build_cache(image, environment, docker, tmp_path):
    if "JETTISON_CACHE_REGISTRY" not in environment:
        pytest.fail("the caller's own engine came without JETTISON_CACHE_REGISTRY")
    image("debian:bookworm-slim")
    (tmp_path / "Dockerfile").write_text("FROM debian:bookworm-slim\nRUN echo kept >/kept\n")
    cache = f"type=registry,ref={environment['JETTISON_CACHE_REGISTRY']}/lab-test:cache"
    docker("buildx", "build", "--output", "type=cacheonly", "--cache-to", f"{cache},mode=max", str(tmp_path))
    docker("buildx", "build", "--output", "type=cacheonly", "--cache-from", cache, str(tmp_path))
