"""The ten planted defects of benchmarks/planted.py: all are found, and nine have a fix."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

BENCHMARK = Path(__file__).parents[1] / "benchmarks" / "planted.py"


def run(*options: str) -> str:
    done = subprocess.run(
        [sys.executable, str(BENCHMARK), *options], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_all_are_found_and_nine_fixed():
    assert run().splitlines()[-1] == "10 of 10 found, 9 fixed"


@pytest.mark.e2e
def test_the_builds_agree():
    told = run("--prove").splitlines()
    assert told[-1] == "10 of 10 found, 9 fixed"
    assert [line for line in told if "dropped" in line] == [
        "go: passed, dropped []",
        "node: passed, dropped []",
    ]
