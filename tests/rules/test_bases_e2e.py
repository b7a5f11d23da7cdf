"""Another base under a stage, proved by real builds: Alpine to slim, a builder on the runtime's release, and
the digest of the engine's image."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

from jettison.build import Engine

pytestmark = pytest.mark.e2e

COMMAND = [sys.executable, "-c", "import sys; from jettison.cli import main; sys.exit(main())"]
SERVER = """const http = require("http");
http.createServer((request, answer) => answer.end(`hello ${process.getuid()}\\n`)).listen(8080);
"""
LOCK = """{"lockfileVersion": 3, "packages": {"": {}, "node_modules/puppeteer": {"version": "23.0.0"}}}
"""
ALPINE = """FROM node:22-alpine AS build
WORKDIR /app
COPY server.js .
RUN cp server.js built.js

FROM node:22-alpine
RUN addgroup -g 2000 -S app && adduser -u 2000 -S -D -H -G app app && mkdir /data && chown app:app /data
WORKDIR /app
COPY package-lock.json .
COPY --from=build /app/built.js .
USER app
EXPOSE 8080
HEALTHCHECK CMD wget -q --spider http://localhost:8080/ || exit 1
CMD ["node", "built.js"]
"""


GO = """package main

import "net/http"

func hello(answer http.ResponseWriter, _ *http.Request) {
	answer.Write([]byte("hello"))
}

func main() {
	http.HandleFunc("/", hello)
	http.ListenAndServe(":8080", nil)
}
"""
NEWER = """FROM golang:1.27 AS build
WORKDIR /src
COPY go.mod main.go ./
RUN go build -o /app .

FROM debian:bookworm-slim
COPY --from=build /app /app
EXPOSE 8080
CMD ["/app"]
"""


def fix(folder: Path, rule: str) -> dict[str, Any]:
    words = ("fix", "--prove", "--apply", "--quick", "--select", rule, "--format", "json")
    env = {**os.environ, "JETTISON_FACTS": str(folder.parent / "facts.json")}
    done = subprocess.run(
        [*COMMAND, *words], cwd=folder, env=env, capture_output=True, text=True, check=False, timeout=600
    )
    assert done.returncode == 0, done.stdout + done.stderr
    made: dict[str, Any] = json.loads(done.stdout)
    assert made["proof"]["verdict"] == "passed"
    assert made["proof"]["dropped"] == []
    return made


@pytest.fixture
def project(tmp_path: Path) -> Path:
    folder = tmp_path / "project"
    folder.mkdir()
    (folder / "server.js").write_text(SERVER)
    (folder / "package-lock.json").write_text(LOCK)
    return folder


def test_alpine_goes_to_slim_and_says_the_same(engine: Engine, project: Path) -> None:
    (project / "Dockerfile").write_text(ALPINE)
    made = fix(project, "alpine-musl-risk")
    written = (project / "Dockerfile").read_text()
    assert "alpine" not in written
    assert "apt-get install -y --no-install-recommends ca-certificates wget" in written
    assert "RUN groupadd --system --gid 2000 app && useradd --system --uid 2000 --gid app" in written
    assert made["proof"]["behaviour"]["trials"]


def test_a_builder_goes_to_the_release_that_its_program_runs_on(engine: Engine, project: Path) -> None:
    (project / "go.mod").write_text("module hello\n\ngo 1.20\n")
    (project / "main.go").write_text(GO)
    (project / "Dockerfile").write_text(NEWER)
    made = fix(project, "glibc-too-old-at-runtime")
    assert (project / "Dockerfile").read_text() == NEWER.replace("golang:1.27 ", "golang:1.27-bookworm ")
    assert made["proof"]["behaviour"]["trials"]


def test_a_base_is_pinned_to_what_the_engine_has(engine: Engine, project: Path) -> None:
    (project / "Dockerfile").write_text(
        "FROM busybox\nWORKDIR /srv\nCOPY server.js index.html\nEXPOSE 8080\n"
        'CMD ["httpd", "-f", "-p", "8080"]\n'
    )
    fix(project, "unpinned-base")
    first = (project / "Dockerfile").read_text().splitlines()[0]
    listed = engine.docker("image", "inspect", "--format", "{{json .RepoDigests}}", "busybox:latest").text
    assert first.removeprefix("FROM ") in json.loads(listed)
