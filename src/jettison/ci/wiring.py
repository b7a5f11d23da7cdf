"""What `jettison ci` found and would write, as one value."""

from __future__ import annotations

from dataclasses import dataclass

from jettison.ci.choice import Choice
from jettison.ci.wanted import Change, Refusal
from jettison.report.diff import FileChange


@dataclass(frozen=True, slots=True)
class Wiring:
    """The files, what changes in them and what is left; `choice` is that of the Dockerfile asked about."""

    provider: str
    choice: Choice
    files: tuple[FileChange, ...] = ()
    changes: tuple[Change, ...] = ()
    refused: tuple[Refusal, ...] = ()
    advice: tuple[str, ...] = ()
    """What no pipeline file can mend, or what has to be done beside it."""
