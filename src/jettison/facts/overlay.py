"""What `jettison facts refresh` has found: newer figures in a file of the user's, never in the package.

The file is `$JETTISON_FACTS`, else `jettison/facts.json` below `$XDG_DATA_HOME` (default `~/.local/share`):
`{"image-choices": {"python:slim": {"compressed": 43400000, "digest": "sha256:…", "date": "2026-11-27"}}}`,
with bytes as a machine pulls them. A check does not look for it.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any, NamedTuple

from jettison.errors import CannotRun

_TABLE = "image-choices"


class Measured(NamedTuple):
    """What a registry said of an image: bytes compressed, the digest, and on which day."""

    compressed: int
    digest: str
    date: str


def overlay_path() -> Path:
    """Where the user's own figures lie, whether or not there are any."""
    own = os.environ.get("JETTISON_FACTS")
    if own:
        return Path(own)
    data = os.environ.get("XDG_DATA_HOME") or os.path.expanduser("~/.local/share")
    return Path(data) / "jettison" / "facts.json"


def measured_images(path: Path | None = None) -> dict[str, Measured]:
    """The figures by `repository:tag`; {} when there is no file.

    Raises CannotRun when the file cannot be read or is of another form.
    """
    import json

    path = path or overlay_path()
    try:
        rows: dict[str, Any] = json.loads(path.read_bytes())[_TABLE]
        return {
            name: Measured(int(row["compressed"]), str(row["digest"]), str(row["date"]))
            for name, row in rows.items()
        }
    except FileNotFoundError:
        return {}
    except OSError as problem:
        raise CannotRun(f"{path}: cannot be read: {problem.strerror}") from None
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError):
        raise CannotRun(
            f"{path}: no figures that jettison has written",
            "delete the file; `jettison facts refresh` makes it anew",
        ) from None


def keep_images(found: dict[str, Measured], path: Path | None = None) -> Path:
    """Add figures to the user's file, as a whole or not at all, and return its path; CannotRun when it cannot
    be written."""
    import json

    path = path or overlay_path()
    try:
        kept = measured_images(path)
    except CannotRun:
        kept = {}
    rows = {name: row._asdict() for name, row in sorted({**kept, **found}.items())}
    part = path.with_name(f"{path.name}.{os.getpid()}")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        part.write_text(json.dumps({_TABLE: rows}, indent=2) + "\n")
        part.replace(path)
    except OSError as problem:
        raise CannotRun(f"{path}: cannot be written: {problem.strerror}", "set JETTISON_FACTS") from None
    return path
