"""Facts about the outside world, as dated TOML tables with their sources. No fact is a literal in code."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Any


@cache
def load(name: str) -> dict[str, Any]:
    """The table `name`.toml of this folder, read once. Do not change what it returns."""
    import tomllib

    return tomllib.loads((Path(__file__).parent / f"{name}.toml").read_text("utf-8"))
