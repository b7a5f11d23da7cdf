"""Cache mounts on a real engine: the image stays what it was, and a step that runs again finds its cache."""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from uuid import uuid4

import pytest

from jettison.build import Engine

pytestmark = pytest.mark.e2e

COMMAND = [sys.executable, "-c", "import sys; from jettison.cli import main; sys.exit(main())"]

TWO_USERS = """\
FROM node:22-slim AS web
USER node
WORKDIR /home/node/web
COPY --chown=node package.json package-lock.json ./
RUN npm ci --prefer-offline --loglevel=http
FROM python:3.11-slim
RUN useradd --uid 1234 app && mkdir -p /srv/home && chown app /srv/home
ENV HOME=/srv/home
USER app
COPY requirements.txt /srv/
RUN pip install --user --no-cache-dir --no-compile --break-system-packages -r /srv/requirements.txt
COPY --from=web /home/node/web/node_modules /srv/node_modules
CMD ["python3", "-c", "import docopt; print(docopt.__version__)"]
"""
PACKAGE = {"name": "web", "version": "1.0.0", "dependencies": {"ms": "2.1.3"}}
LOCK = PACKAGE | {"lockfileVersion": 3, "packages": {"": PACKAGE, "node_modules/ms": {"version": "2.1.3"}}}

SYSTEM = """\
FROM debian:bookworm-slim
COPY hello.conf /etc/hello.conf
RUN apt-get update \\
    && apt-get install -y --no-install-recommends hello \\
    && rm -rf /var/lib/apt/lists/*
CMD ["hello"]
"""


@pytest.fixture
def root(tmp_path: Path, engine: Engine) -> Iterator[Path]:
    """A project folder, whose image goes away afterwards."""
    folder = tmp_path / f"mounts-{uuid4().hex[:8]}"
    folder.mkdir()
    (folder / "jettison.toml").write_text("[proof]\nscenarios = []\n")
    yield folder
    engine.docker("image", "rm", "-f", folder.name)


def proved(root: Path) -> str:
    """Apply the rule with a proof: the trees are equal and the image has not grown. The new Dockerfile."""
    words = ["fix", "--apply", "--prove", "--quick", "--select", "missing-cache-mount", "--format", "json"]
    done = subprocess.run([*COMMAND, *words], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    before, after = (json.loads(done.stdout)["proof"][side] for side in ("before", "after"))
    assert after["uncompressed"]["bytes"] <= before["uncompressed"]["bytes"]
    return (root / "Dockerfile").read_text()


def built(root: Path) -> str:
    """What a build of the folder says."""
    words = ["docker", "buildx", "build", "--progress", "plain", "--load", "-t", root.name, "."]
    done = subprocess.run(words, cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return done.stderr


def test_pip_and_npm_for_users_with_homes_of_their_own(root: Path) -> None:
    (root / "package.json").write_text(json.dumps(PACKAGE))
    (root / "package-lock.json").write_text(json.dumps(LOCK))
    (root / "requirements.txt").write_text("docopt==0.6.2\n")
    (root / "Dockerfile").write_text(TWO_USERS)
    dockerfile = proved(root)
    assert "target=/home/node/.npm,uid=1000,gid=1000 npm ci" in dockerfile
    assert "target=/srv/home/.cache/pip,uid=1234,gid=1234 pip install --user --no-compile" in dockerfile
    built(root)
    (root / "package.json").write_text(json.dumps(PACKAGE | {"description": "x"}))
    (root / "requirements.txt").write_text("# again\ndocopt==0.6.2\n")
    said = built(root)
    assert "Building wheel" not in said, "the wheel that pip made of a source archive is kept"
    answers = [line.rpartition("(")[2] for line in said.splitlines() if ".tgz" in line]
    assert answers, "npm says where the archive came from"
    assert set(answers) <= {"cache stale)", "cache hit)"}


def test_apt_without_its_hook(root: Path) -> None:
    (root / "hello.conf").write_text("1\n")
    (root / "Dockerfile").write_text(SYSTEM)
    dockerfile = proved(root)
    assert dockerfile.count("--mount=type=cache") == 2
    assert "rm -rf" not in dockerfile
    built(root)
    (root / "hello.conf").write_text("2\n")
    assert "Need to get 0 B/" in built(root)
