"""What a proof is doing, on standard error: on a terminal one line that overwrites itself, else many."""

from __future__ import annotations

import shutil
import threading
import time
from types import TracebackType
from typing import TYPE_CHECKING

from jettison.cli.console import Console
from jettison.report.sizes import duration
from jettison.report.style import visible

if TYPE_CHECKING:
    from jettison.build.rawjson import Event
    from jettison.proof import Step

_PAUSE = 0.25
"""Seconds between two paintings of the line."""


class Progress:
    """A display of one proof; use it as a context manager, so that its line is gone afterwards."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._step = ""
        self._began = time.monotonic()
        self._running: dict[str, float] = {}
        self._over = threading.Event()
        self._painter = threading.Thread(target=self._paint, daemon=True) if console.live else None

    def __enter__(self) -> Progress:
        if self._painter:
            self._painter.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._over.set()
        if self._painter:
            self._painter.join()
            self._console.overwrite("")

    def step(self, step: Step) -> None:
        """The proof begins its next step."""
        self._running.clear()
        self._began = time.monotonic()
        self._step = f"[{step.number}/{step.of}] {step.text}"
        if not self._painter:
            self._console.note(self._step)

    def event(self, event: Event) -> None:
        """Something happened in a build."""
        if event.kind == "started":
            self._running[event.step] = time.monotonic()
        elif event.kind != "log":
            self._running.pop(event.step, None)

    def line(self, now: float) -> str:
        """The proof's step with its seconds, then what the build is at longest."""
        running = min(self._running.copy().items(), key=lambda item: item[1], default=("", now))
        waited = now - self._began
        parts = (self._step, duration(waited) if waited >= 1 else "", running[0])
        return "  ".join(visible(part) for part in parts if part)

    def _paint(self) -> None:
        while not self._over.wait(_PAUSE):
            width = shutil.get_terminal_size().columns - 1
            self._console.overwrite(self.line(time.monotonic())[:width])
