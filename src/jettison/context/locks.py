"""Which packages a project pins: the lock and requirement files of a context folder, read for names."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jettison.context.context import Context

_REQUIREMENT = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*(?:\[[^\]]*\])?\s*(==[^\s;#]+)?")
_TOML_NAME = re.compile(r'^name\s*=\s*"([^"]+)"', re.M)
_TOML_LOCKS = ("poetry.lock", "uv.lock", "pdm.lock")


class Pinned(NamedTuple):
    """A package by its normalised name, and the file that names it."""

    name: str
    file: str


def python_packages(context: Context, folder: str = "") -> tuple[Pinned, ...]:
    """Packages that poetry.lock, uv.lock, pdm.lock, Pipfile.lock or a requirements*.txt of a folder names.

    Lock files name every package, requirement files those that somebody wrote down.
    """
    for lock in _TOML_LOCKS:
        path = posixpath.join(folder, lock)
        if context.exists(path):
            return _named(_TOML_NAME.findall(_text(context, path)), path)
    pipfile = posixpath.join(folder, "Pipfile.lock")
    if context.exists(pipfile):
        return _named(re.findall(r'^\s{8}"([^"]+)":\s*\{', _text(context, pipfile), re.M), pipfile)
    found: list[Pinned] = []
    for file in context.files:
        head, name = posixpath.split(file.path)
        if head == folder and name.startswith("requirements") and name.endswith(".txt") and "dev" not in name:
            lines = (
                match
                for line in _text(context, file.path).splitlines()
                if (match := _REQUIREMENT.match(line))
            )
            found += _named([match[1] for match in lines], file.path)
    return tuple(dict.fromkeys(found))


def node_packages(context: Context, folder: str = "") -> tuple[Pinned, ...]:
    """Packages that the package-lock.json of a folder installs outside development, or, without a lock, its
    package.json names."""
    import json

    for name in ("package-lock.json", "npm-shrinkwrap.json", "package.json"):
        path = posixpath.join(folder, name)
        if not context.exists(path):
            continue
        try:
            data = json.loads(_text(context, path))
        except ValueError:
            return ()
        packages = data.get("packages") if isinstance(data, dict) else None
        if isinstance(packages, dict):
            kept = (
                key for key, row in packages.items() if key and isinstance(row, dict) and not row.get("dev")
            )
            return _named([key.rpartition("node_modules/")[2] for key in kept], path, plain=True)
        wanted = data.get("dependencies") if isinstance(data, dict) else None
        return _named(list(wanted), path, plain=True) if isinstance(wanted, dict) else ()
    return ()


def _named(names: list[str], path: str, plain: bool = False) -> tuple[Pinned, ...]:
    """Python's names are compared in lower case with `-` between their parts (PEP 503)."""
    return tuple(Pinned(name if plain else re.sub(r"[-_.]+", "-", name).lower(), path) for name in names)


def _text(context: Context, path: str) -> str:
    return context.read(path).decode("utf-8", "replace")
