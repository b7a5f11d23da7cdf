"""shellcheck finds nothing in the lab."""

from __future__ import annotations

import shutil
import subprocess
import sys
from pathlib import Path

from support import LAB

# A script and not an interpreter: on PATH, or beside the python that runs the tests.
SHELLCHECK = shutil.which("shellcheck") or str(Path(sys.executable).with_name("shellcheck"))


def scripts():
    for path in sorted(LAB.rglob("*")):
        if (
            path.is_file()
            and path.suffix != ".py"
            and path.read_bytes()[:40].startswith((b"#!/bin/", b"#!/usr/bin/env bash"))
        ):
            yield path


def test_there_are_scripts():
    assert {path.name for path in scripts()} >= {"lab", "finish-rootfs", "docker-entrypoint.sh"}


def test_shellcheck():
    result = subprocess.run([SHELLCHECK, "-x", "-a", *map(str, scripts())], capture_output=True, text=True)
    assert result.returncode == 0, result.stdout
