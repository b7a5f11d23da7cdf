"""Docker's command line as a child that is always ended and reaped.

`jettison.run.run` is for tools that answer at once. A build streams for minutes and has to die with us, and
the calls that clean up must not die of the Ctrl-C that brought them about: both get a process group of their
own.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import threading
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from jettison.errors import CannotRun
from jettison.run import Completed

LINE_BYTES = 32 << 20
"""A longer line is cut there; BuildKit's longest are warnings that carry the whole Dockerfile."""
GRACE = 10.0
"""Seconds between asking a child to end and killing it; a builder needs about one to cancel its build."""


def stream(
    command: Sequence[str],
    on_line: Callable[[bytes], None],
    *,
    env: Mapping[str, str],
    input: bytes | None = None,
    timeout: float | None = None,
) -> tuple[int, bool]:
    """Run `command`, giving `on_line` each line of its standard error; its exit code, and whether time ran
    out.

    On any exception, Ctrl-C included, the child and its children are ended and reaped before it goes on.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.PIPE if input is not None else subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        env=env,
        start_new_session=True,
    ) as child:
        late = threading.Event()
        timer = threading.Timer(timeout or 0, _time_out, (child, late))
        try:
            if timeout is not None:
                timer.start()
            if input is not None and child.stdin is not None:
                with contextlib.suppress(BrokenPipeError):
                    child.stdin.write(input)
                    child.stdin.close()
            assert child.stderr is not None
            while line := child.stderr.readline(LINE_BYTES):
                on_line(line)
            return child.wait(), late.is_set()
        except BaseException:
            end(child)
            raise
        finally:
            timer.cancel()


def call(command: Sequence[str], *, timeout: float = 120.0, cwd: Path | None = None) -> Completed:
    """Run a short command to its end, out of reach of the terminal's Ctrl-C. Raises CannotRun when it takes
    too long.
    """
    with subprocess.Popen(
        command,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        cwd=cwd,
        start_new_session=True,
    ) as child:
        try:
            out, err = child.communicate(timeout=timeout)
        except subprocess.TimeoutExpired:
            end(child)
            raise CannotRun(f"{' '.join(command[:4])} did not end within {timeout:.0f} s") from None
        except BaseException:
            end(child)
            raise
        return Completed(child.returncode, out, err)


def end(child: subprocess.Popen[bytes]) -> None:
    """Ask the child's process group to end, kill it when it does not, and reap it."""
    _ask(child)
    try:
        child.wait(GRACE)
    except subprocess.TimeoutExpired:
        _signal(child, signal.SIGKILL)
        child.wait()


def _time_out(child: subprocess.Popen[bytes], late: threading.Event) -> None:
    late.set()
    _ask(child)


def _ask(child: subprocess.Popen[bytes]) -> None:
    _signal(child, signal.SIGTERM)


def _signal(child: subprocess.Popen[bytes], number: signal.Signals) -> None:
    if child.poll() is None:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(child.pid, number)
