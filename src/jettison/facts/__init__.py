"""Facts about the outside world, as dated TOML tables with their sources. No fact is a literal in code."""

from __future__ import annotations

import marshal
import os
import sys
from functools import cache
from typing import Any

_FOLDER = os.path.dirname(__file__)


@cache
def load(name: str) -> dict[str, Any]:
    """The table `name`.toml of this folder, read once; dates are strings. Do not change what it returns.

    Parsing TOML is written in Python and costs 25 ms of CPU for all tables, a fifth of what `jettison check`
    may take. So the parsed table is kept beside the byte code, as Python keeps its own, and made anew when
    the file changes; where that folder cannot be written, it is parsed every time.
    """
    path = os.path.join(_FOLDER, f"{name}.toml")
    status = os.stat(path)
    stamp = (status.st_mtime_ns, status.st_size)
    kept = os.path.join(_FOLDER, "__pycache__", f"{name}.{sys.implementation.cache_tag}.facts")
    try:
        with open(kept, "rb") as file:
            found, table = marshal.loads(file.read())
        if found == stamp:
            return dict(table)
    except (OSError, ValueError, EOFError, TypeError):
        pass
    table = _parse(path)
    _keep(kept, marshal.dumps((stamp, table)))
    return table


def _parse(path: str) -> dict[str, Any]:
    import tomllib

    with open(path, "rb") as file:
        table: dict[str, Any] = _plain(tomllib.load(file))
    return table


def _plain(value: Any) -> Any:
    """The value with dates as strings, as `marshal` knows no dates."""
    if isinstance(value, dict):
        return {key: _plain(inner) for key, inner in value.items()}
    if isinstance(value, list):
        return [_plain(inner) for inner in value]
    return value if isinstance(value, (str, int, float)) else str(value)


def _keep(path: str, data: bytes) -> None:
    """Write the file as a whole or not at all; a folder that cannot be written is no error."""
    if sys.dont_write_bytecode:
        return
    part = f"{path}.{os.getpid()}"
    try:
        os.makedirs(os.path.dirname(path), exist_ok=True)
        with open(part, "wb") as file:
            file.write(data)
        os.replace(part, path)
    except OSError:
        pass
