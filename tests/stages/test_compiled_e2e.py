"""Small projects of compiled languages, split and proved on a real engine."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = [pytest.mark.e2e, pytest.mark.usefixtures("engine")]

PROJECTS = Path(__file__).parent / "projects"
COMMAND = [sys.executable, "-c", "import sys; from jettison.cli import main; sys.exit(main())"]


@pytest.mark.parametrize(
    ("name", "smaller"),
    [
        ("c-words", 15),
        ("c-make", 8),
        ("c-static", 100),
        ("cpp-words", 8),
        ("cpp-cmake", 8),
        ("go-work", 50),
        ("java-debian", 1.3),
    ],
)
def test_the_split_is_proved(name: str, smaller: float, tmp_path: Path) -> None:
    root = tmp_path / name
    shutil.copytree(PROJECTS / name, root)
    (root / "jettison.toml").write_text("[proof]\nscenarios = []\n")
    words = ["fix", "--apply", "--prove", "--quick", "--select", "single-stage-build", "--format", "json"]
    done = subprocess.run([*COMMAND, *words], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(done.stdout)
    sizes = [said["proof"][side]["uncompressed"]["bytes"] for side in ("before", "after")]
    print(name, sizes)
    assert sizes[0] > smaller * sizes[1]
    assert "AS build" in (root / "Dockerfile").read_text()
