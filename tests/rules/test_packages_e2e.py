"""Packages go, proved on a real engine: a compiler in the RUN that needed it, and what apt only recommends.

Nothing may vanish but files of packages that go, which the package manager's own books name.
"""

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
    ("name", "rule", "megabytes", "written"),
    [
        ("python-build-tools", "build-tools-left", 150, "apt-get purge -y --auto-remove gcc libc6-dev"),
        ("apt-recommends", "recommends-installed", 3, "install --no-install-recommends -y cron"),
    ],
)
def test_the_fix_is_proved(name: str, rule: str, megabytes: int, written: str, tmp_path: Path) -> None:
    root = tmp_path / name
    shutil.copytree(PROJECTS / name, root)
    (root / "jettison.toml").write_text("[proof]\nscenarios = []\n")
    words = ["fix", "--apply", "--prove", "--quick", "--select", rule, "--format", "json"]
    done = subprocess.run([*COMMAND, *words], cwd=root, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    proof = json.loads(done.stdout)["proof"]
    before, after = (proof[side]["uncompressed"]["bytes"] for side in ("before", "after"))
    assert before - after > megabytes * 1_000_000
    assert written in (root / "Dockerfile").read_text()
