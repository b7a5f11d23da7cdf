"""Small projects of interpreted languages, split and proved on a real engine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from jettison.build import Engine

pytestmark = pytest.mark.e2e

PROJECTS = Path(__file__).parent / "projects"
NGINX = "nginx:1.28-alpine"
COMMAND = [sys.executable, "-c", "import sys; from jettison.cli import main; sys.exit(main())"]


@pytest.fixture
def nginx(engine: Engine):
    """The image that front ends are handed out with; the lab has nginx on Debian only, which stands in."""
    had = engine.docker("image", "ls", "-q", NGINX).text
    if not had:
        engine.docker("tag", "nginx:1.22", NGINX)
    yield
    if not had:
        engine.docker("image", "rm", NGINX)


@pytest.mark.parametrize(
    ("name", "smaller"),
    [
        ("python-psycopg2", 3),
        ("python-poetry", 1.15),
        ("python-uv", 1.15),
        ("node-typescript", 2.5),
        ("node-front-end", 4),
        ("php-shop", 1.9),
        ("ruby-sqlite", 3.5),
        ("elixir-clock", 1.8),
    ],
)
@pytest.mark.usefixtures("nginx")
def test_the_split_is_proved(name: str, smaller: float, tmp_path: Path) -> None:
    root = tmp_path / name
    shutil.copytree(PROJECTS / name, root)
    (root / "jettison.toml").write_text("[proof]\nscenarios = []\n")
    words = ["fix", "--apply", "--prove", "--quick", "--select", "single-stage-build", "--format", "json"]
    done = subprocess.run([*COMMAND, *words], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    sizes = [said["proof"][side]["uncompressed"]["bytes"] for side in ("before", "after")]
    assert sizes[0] > smaller * sizes[1]
    assert "AS build" in (root / "Dockerfile").read_text()
