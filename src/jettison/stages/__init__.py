"""Single-stage to multi-stage: what ships apart from what builds. One file per language, none guesses.

Each language offers `split(project, stage) -> Split` and raises `Refusal` with the reason where it is not
certain.
"""

from __future__ import annotations

from dataclasses import dataclass

from jettison.findings import Allowance, Saving
from jettison.spans import Edit

SYSTEM_PATHS = tuple(
    pattern
    for folder in (
        *(
            "bin",
            "boot",
            "dev",
            "etc",
            "go",
            "home",
            "lib",
            "lib32",
            "lib64",
            "libx32",
            "media",
            "mnt",
            "opt",
            "proc",
        ),
        *("root", "run", "sbin", "srv", "sys", "tmp", "usr", "var"),
    )
    for pattern in (f"/{folder}", f"/{folder}/*")
)
"""What belongs to a base image: exchanging the base may change all of it."""


class Refusal(Exception):
    """The reason why a stage is left as it is, as a sentence without a full stop."""


@dataclass(frozen=True, slots=True)
class Split:
    """How one stage becomes a builder and a runtime stage."""

    title: str
    edits: tuple[Edit, ...]
    allows: Allowance
    saving: Saving


def covers(outer: str, inner: str) -> bool:
    """True when one absolute path is the other or a folder above it."""
    return inner == outer or inner.startswith(outer.rstrip("/") + "/")
