"""Standard output for results, standard error for the rest: bytes kept, a closed pipe is no fault."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterable
from typing import IO

from jettison.errors import CannotRun
from jettison.report.style import Style, visible


class Console:
    """Where a command writes. `debug` says whether an internal fault shows its traceback."""

    def __init__(self) -> None:
        self.debug = False
        self._color = "auto"
        self._closed = False

    def choose_color(self, when: str) -> None:
        """`auto` (a terminal, no NO_COLOR, TERM not dumb), `always` or `never`."""
        self._color = when

    @property
    def style(self) -> Style:
        """How to write results."""
        return self._style(sys.stdout)

    def out(self, text: str) -> None:
        """Write a piece of the result. After the reader has gone away, nothing."""
        if self._closed or sys.stdout is None:
            return
        try:
            sys.stdout.buffer.write(text.encode("utf-8", "surrogateescape"))
        except BrokenPipeError:
            self._abandon()
        except OSError as problem:
            self._abandon()
            raise CannotRun(f"the result cannot be written: {problem.strerror}") from None

    def write(self, pieces: Iterable[str]) -> None:
        """Write a result piece by piece."""
        for piece in pieces:
            self.out(piece)
        self.flush()

    def flush(self) -> None:
        """Hand everything to the reader."""
        if self._closed or sys.stdout is None:
            return
        try:
            sys.stdout.flush()
        except BrokenPipeError:
            self._abandon()
        except OSError as problem:
            self._abandon()
            raise CannotRun(f"the result cannot be written: {problem.strerror}") from None

    def note(self, text: str) -> None:
        """A line beside the result."""
        if sys.stderr is not None:
            sys.stderr.write(f"{visible(text)}\n")
            sys.stderr.flush()

    def overwrite(self, line: str) -> None:
        """Show one line in place of the last one shown so, on a terminal only; an empty line clears it."""
        if sys.stderr is not None and self.live:
            sys.stderr.write(f"\r\x1b[K{line}")
            sys.stderr.flush()

    def complain(self, message: str, hint: str = "") -> None:
        """What went wrong and, below it, what to do. Lines of a tool's own message stay lines."""
        if sys.stderr is None:
            return
        self.flush()
        style = self._style(sys.stderr)
        shown = "\n".join(visible(line) for line in message.splitlines())
        sys.stderr.write(f"{style.red('jettison:')} {shown}\n")
        for line in hint.splitlines():
            sys.stderr.write(f"  {visible(line)}\n")

    @property
    def live(self) -> bool:
        """True when a person watches standard error, so that progress may overwrite itself."""
        return _is_terminal(sys.stderr)

    def _style(self, stream: IO[str] | None) -> Style:
        terminal = _is_terminal(stream)
        wanted = terminal and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
        return Style(self._color == "always" or (self._color == "auto" and wanted), terminal)

    def _abandon(self) -> None:
        # The interpreter flushes standard output once more at its end, and would complain there.
        self._closed = True
        os.dup2(os.open(os.devnull, os.O_WRONLY), 1)


def _is_terminal(stream: IO[str] | None) -> bool:
    return stream is not None and stream.isatty()
