"""Requirement files of pip and environment files of conda, with what they include."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from jettison.installs.manifests import Reads

if TYPE_CHECKING:
    from jettison.context import Context

_INCLUDE = re.compile(r"^\s*(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)", re.M)
_LOCAL = re.compile(r"(-e\b|--editable|\.{1,2}(/|$|\[)|file:)|.* @ file:")
_FIND_LINKS = re.compile(r"(-f|--find-links)[\s=]*(?!https?:)\S")
_PIP_LINE = re.compile(r"^\s*-\s+([\"']?)(-[a-z-]+[ =].*|\..*|file:.*)\1\s*$", re.M)


def requirements(context: Context, folder: str, paths: tuple[str, ...]) -> Reads | str | None:
    """Requirement files with those that they include by -r and -c, or the reason why they read more."""
    found: dict[str, None] = {}
    queue = list(paths)
    while queue:
        path = posixpath.normpath(queue.pop(0))
        whole = posixpath.join(folder, path)
        if whole in found:
            continue
        if path.startswith("../") or not context.exists(whole):
            return f"{path} is not in the context"
        found[whole] = None
        text = context.read(whole).decode("utf-8", "replace")
        if (reason := _hazard(path, text)) is not None:
            return reason
        included = [match[1].strip("\"'") for match in _INCLUDE.finditer(text)]
        queue += [posixpath.join(posixpath.dirname(path), name) for name in included if "://" not in name]
    return Reads(tuple(found))


def _hazard(path: str, text: str) -> str | None:
    for line in text.splitlines():
        word = line.strip()
        if _LOCAL.match(word):
            return f"{path} installs a local folder ({word})"
        if _FIND_LINKS.match(word):
            return f"{path} looks for packages in a local folder ({word})"
    return None


def environments(context: Context, folder: str, paths: tuple[str, ...]) -> Reads | str | None:
    """Environment files of conda with the requirement files that their pip sections include."""
    read: dict[str, None] = {}
    for path in paths:
        whole = posixpath.join(folder, path)
        if not context.exists(whole):
            return f"{path} is not in the context"
        read[whole] = None
        for match in _PIP_LINE.finditer(context.read(whole).decode("utf-8", "replace")):
            include = re.match(r"(?:-r|-c|--requirement|--constraint)[ =]+(\S+)$", match[2].strip())
            if include is None:
                return f"{path} installs more than named packages ({match[2].strip()})"
            inner = requirements(
                context, folder, (posixpath.join(posixpath.dirname(path), include[1].strip("\"'")),)
            )
            if not isinstance(inner, Reads):
                return inner
            read.update(dict.fromkeys(inner.files))
    return Reads(tuple(read))
