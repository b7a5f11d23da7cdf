from __future__ import annotations

import os
import sys
import time

import pytest

from jettison.build import process
from jettison.build.process import call, stream
from jettison.errors import CannotRun


def gone(pid: int) -> bool:
    for _ in range(50):
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    return False


def shell(script: str, on_line=lambda line: None, **options):
    return stream(["/bin/sh", "-c", script], on_line, env=os.environ, **options)


def test_lines_of_standard_error_come_as_they_are_written():
    lines: list[bytes] = []
    assert shell("echo one >&2; echo not this; printf two >&2; exit 3", lines.append) == (3, False)
    assert lines == [b"one\n", b"two"]


def test_input_is_given_even_to_who_does_not_want_it():
    lines: list[bytes] = []
    assert shell("cat >&2", lines.append, input=b"hello") == (0, False)
    assert lines == [b"hello"]
    assert shell("exit 0", input=b"x" * 10_000_000)[0] == 0


def test_time_that_runs_out_ends_the_child_and_its_children():
    lines: list[bytes] = []
    start = time.monotonic()
    code, late = shell("sleep 60 & echo $! >&2; wait", lines.append, timeout=0.3)
    assert late
    assert code != 0
    assert time.monotonic() - start < 5
    assert gone(int(lines[0]))


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, ValueError])
def test_an_exception_ends_the_child_and_its_children(error):
    pids: list[int] = []

    def fail(line: bytes) -> None:
        pids.append(int(line))
        if len(pids) == 2:
            raise error

    with pytest.raises(error):
        shell("echo $$ >&2; sleep 60 & echo $! >&2; wait", fail)
    assert all(gone(pid) for pid in pids)


def test_a_child_that_does_not_listen_is_killed(monkeypatch):
    monkeypatch.setattr(process, "GRACE", 0.3)

    def fail(line: bytes) -> None:
        raise KeyboardInterrupt

    start = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        shell("trap '' TERM; echo ready >&2; while :; do sleep 0.05; done", fail)
    assert time.monotonic() - start < 5


def test_a_call_gives_code_and_output():
    assert call(["/bin/sh", "-c", "echo out; echo err >&2; exit 4"]) == (4, b"out\n", b"err\n")


def test_a_call_that_takes_too_long_is_ended():
    with pytest.raises(CannotRun, match="did not end within 0 s"):
        call(["sleep", "60"], timeout=0.2)


def test_a_call_is_out_of_reach_of_the_terminals_ctrl_c():
    """The terminal sends it to the foreground process group; a call has its own."""
    group = call([sys.executable, "-c", "import os; print(os.getpgrp())"]).text
    assert int(group) != os.getpgrp()
