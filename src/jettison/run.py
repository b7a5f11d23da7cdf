"""The one way to call an outside tool: every git, docker and shfmt goes through `run`."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import NamedTuple

from jettison.errors import CannotRun, MissingTool


class Completed(NamedTuple):
    """How a tool ended. `stdout` and `stderr` are bytes as written."""

    code: int
    stdout: bytes
    stderr: bytes

    @property
    def ok(self) -> bool:
        """True when the tool ended with exit code 0."""
        return self.code == 0

    @property
    def text(self) -> str:
        """Standard output, decoded, without the final newline."""
        return self.stdout.decode("utf-8", "replace").rstrip("\n")

    @property
    def complaint(self) -> str:
        """What the tool said went wrong: standard error, else standard output."""
        return (self.stderr or self.stdout).decode("utf-8", "replace").strip()


@cache
def which(tool: str) -> str | None:
    """The path of a tool, looked up on PATH and beside the running interpreter; None when it is not
    installed."""
    import sys

    beside = Path(sys.executable).parent / tool
    return shutil.which(tool) or (str(beside) if beside.is_file() else None)


def run(
    command: Sequence[str],
    *,
    input: bytes | None = None,
    cwd: Path | None = None,
    env: Mapping[str, str] | None = None,
    timeout: float | None = 60.0,
    check: bool = False,
) -> Completed:
    """Run a tool to its end and return how it ended.

    Raises MissingTool when it is not installed, CannotRun when it takes longer than `timeout` seconds or,
    with `check`, when it ends with another code than 0.
    """
    tool = which(command[0])
    if tool is None:
        raise MissingTool(f"{command[0]} is not installed", f"install {command[0]} and call again")
    try:
        done = subprocess.run(
            [tool, *command[1:]],
            input=input,
            stdin=None if input is not None else subprocess.DEVNULL,
            capture_output=True,
            cwd=cwd,
            env=env,
            timeout=timeout,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise CannotRun(f"{' '.join(command[:3])} did not end within {timeout:.0f} s") from None
    result = Completed(done.returncode, done.stdout, done.stderr)
    if check and not result.ok:
        raise CannotRun(f"{' '.join(command[:3])} failed with code {result.code}: {result.complaint}")
    return result
