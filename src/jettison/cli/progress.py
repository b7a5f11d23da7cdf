"""What a proof is doing, on standard error: on a terminal one line that overwrites itself, else many."""

from __future__ import annotations

import shutil
import time
from types import TracebackType
from typing import TYPE_CHECKING

from jettison.cli.console import Console
from jettison.report.sizes import duration
from jettison.report.style import visible

if TYPE_CHECKING:
    from jettison.build.rawjson import Event
    from jettison.proof import Step

_LEAST_PAUSE = 0.1
"""Seconds between two paintings of the same line."""


class Progress:
    """A display of one proof; use it as a context manager, so that its line is gone afterwards."""

    def __init__(self, console: Console) -> None:
        self._console = console
        self._live = console.live
        self._step = ""
        self._began = self._painted = 0.0

    def __enter__(self) -> Progress:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._console.overwrite("")

    def step(self, step: Step) -> None:
        """The proof begins its next step."""
        self._step = f"[{step.number}/{step.of}] {step.text}"
        self._began = time.monotonic()
        if self._live:
            self._paint("")
        else:
            self._console.note(self._step)

    def event(self, event: Event) -> None:
        """Something happened in a build."""
        if self._live and event.kind == "started" and time.monotonic() - self._painted > _LEAST_PAUSE:
            self._paint(event.step)

    def _paint(self, what: str) -> None:
        self._painted = time.monotonic()
        waited = self._painted - self._began
        parts = [self._step, duration(waited) if waited >= 1 else "", what]
        line = "  ".join(visible(part) for part in parts if part)
        self._console.overwrite(line[: shutil.get_terminal_size().columns - 1])
