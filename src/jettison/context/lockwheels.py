"""What a lock file itself says of musl: uv.lock, poetry.lock and pdm.lock name every wheel they take."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

    from jettison.context.context import Context

_LIMIT = 8_000_000
_NAME = re.compile(r'^name = "([^"]+)"', re.M)
_WHEEL = re.compile(r'([^"/]+)\.whl"')
_DEPENDENCIES = re.compile(r"^dependencies = \[(.*?)^\]", re.M | re.S)
_DEPENDENCY = re.compile(r'name = "([^"]+)"([^\n]*)')
_ROOT = re.compile(r'^source = \{ (?:virtual|editable) = "\." \}', re.M)
_DEVELOPMENT = re.compile(r'^category = "dev"|^groups = \[(?![^\]]*"(?:main|default)")', re.M)
_OTHER_SYSTEM = re.compile(
    r"(?:sys_platform|platform_system|os_name) == '(?:win32|darwin|Windows|Darwin|nt)'"
)


def locked_for_musl(context: Context, folder: str = "") -> tuple[str, dict[str, bool]]:
    """The lock file of a folder, and by package whether one of its wheels runs on musl.

    Packages for development alone or for other systems, and those without any wheel for Linux, are left out:
    of a source archive nobody knows. ("", {}) without such a lock, or where it names no wheels.
    """
    for name in ("uv.lock", "poetry.lock", "pdm.lock"):
        path = posixpath.join(folder, name)
        if context.exists(path):
            text = context.read(path, _LIMIT).decode("utf-8", "replace")
            return (path, dict(_judged(text))) if ".whl" in text else ("", {})
    return "", {}


def _judged(text: str) -> Iterator[tuple[str, bool]]:
    blocks: dict[str, list[str]] = {}
    for block in text.split("[[package]]")[1:]:
        named = _NAME.search(block)
        if named is not None:
            blocks.setdefault(named[1], []).append(block)
    wanted = _installed(blocks)
    for name, several in blocks.items():
        if wanted is not None and name not in wanted:
            continue
        if any(_DEVELOPMENT.search(block) for block in several):
            continue
        wheels = [wheel for block in several for wheel in _WHEEL.findall(block)]
        fine = any("musllinux" in wheel or wheel.endswith("-any") for wheel in wheels)
        if fine or any("linux" in wheel for wheel in wheels):
            yield name, fine


def _installed(blocks: dict[str, list[str]]) -> set[str] | None:
    """The packages that the project needs to run, by uv.lock; None where the lock has no project in it."""
    todo = [name for name, several in blocks.items() if any(_ROOT.search(block) for block in several)]
    if not todo:
        return None
    seen: set[str] = set()
    while todo:
        name = todo.pop()
        if name in seen:
            continue
        seen.add(name)
        for block in blocks.get(name, ()):
            found = _DEPENDENCIES.search(block)
            for needed, rest in _DEPENDENCY.findall(found[1]) if found else ():
                if not _OTHER_SYSTEM.search(rest):
                    todo.append(needed)
    return seen
