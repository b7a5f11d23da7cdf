"""The progress of a proof: lines for a log, one line for a terminal, nothing of it left."""

from __future__ import annotations

import os
import pty
import sys
import time

import pytest

from jettison.build.rawjson import Event
from jettison.cli.console import Console
from jettison.cli.progress import Progress
from jettison.proof import Step


def test_in_a_log_every_step_is_a_line(capsys: pytest.CaptureFixture[str]) -> None:
    with Progress(Console()) as progress:
        progress.step(Step(1, 9, "build before, cold"))
        progress.event(Event("started", "[1/2] RUN make", 0.0, ""))
        progress.step(Step(2, 9, "run before: \x1b[2J"))
    assert capsys.readouterr() == ("", "[1/9] build before, cold\n[2/9] run before: \\x1b[2J\n")


def test_the_line_shows_what_the_build_is_at_longest() -> None:
    progress = Progress(Console())
    progress.step(Step(3, 9, "build after, cold"))
    for kind, step in (("started", "a"), ("started", "b"), ("log", "b"), ("started", "c"), ("done", "a")):
        progress.event(Event(kind, step, 0.0, "text"))
    now = time.monotonic()
    assert progress.line(now) == "[3/9] build after, cold  b"
    assert progress.line(now + 12) == "[3/9] build after, cold  12 s  b"
    progress.step(Step(4, 9, "next"))
    assert progress.line(time.monotonic()) == "[4/9] next"


def test_on_a_terminal_one_line_is_overwritten_and_cleared(monkeypatch: pytest.MonkeyPatch) -> None:
    parent, child = pty.openpty()
    with os.fdopen(child, "w") as terminal:
        monkeypatch.setattr(sys, "stderr", terminal)
        monkeypatch.setattr("jettison.cli.progress._PAUSE", 0.01)
        monkeypatch.setenv("COLUMNS", "20")
        with Progress(Console()) as progress:
            progress.step(Step(1, 9, "build before, cold, and so on"))
            time.sleep(0.1)
        shown = os.read(parent, 65536)
        while not shown.endswith(b"\r\x1b[K"):  # a terminal hands out its bytes piecemeal
            shown += os.read(parent, 65536)
    os.close(parent)
    assert b"\r\x1b[K[1/9] build before,\r" in shown
    assert b"\n" not in shown
