"""The go.mod and go.sum files that `go mod download` reads: of a module, a workspace, local replacements."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from jettison.installs.manifests import Reads

if TYPE_CHECKING:
    from jettison.context import Context

_REPLACE = re.compile(r"=>\s*(\.{1,2}/\S*|\.{1,2}(?=\s|$))")
_REQUIRE = re.compile(r"^\s*require\b|^\s*[\w./-]+\.[\w./-]+\s+v\d", re.M)
_USE = re.compile(r"^\s*(?:use\s+)?(\.{1,2}(?:/\S*)?)\s*(?://.*)?$", re.M)


def modules(context: Context, folder: str, found: Reads) -> Reads | str | None:
    """What `go mod download` in this folder reads; None when there is nothing that it would fetch."""
    if context.exists(posixpath.join(folder, "vendor/modules.txt")):
        return None
    files = dict.fromkeys(found.files)
    work = posixpath.join(folder, "go.work")
    above = _workspace_above(context, folder)
    if above:
        return f"{above} joins several modules, and their go.mod are read too"
    text = _text(context, posixpath.join(folder, "go.mod"))
    queue = [posixpath.normpath(posixpath.join(folder, name)) for name in _REPLACE.findall(text)]
    if context.exists(work):
        files |= dict.fromkeys(p for p in (work, work + ".sum") if context.exists(p))
        uses = _USE.findall(_text(context, work))
        queue += [posixpath.normpath(posixpath.join(folder, name)) for name in uses]
    if not _REQUIRE.search(text) and not queue:
        return None
    for place in queue:
        place = "" if place == "." else place
        module = posixpath.join(place, "go.mod")
        if place.startswith("..") or not context.exists(module):
            return f"go.mod replaces a module by a local folder that is not there ({place})"
        if _REPLACE.search(_text(context, module)) and place != folder:
            return f"{module} replaces a module by a local folder"
        files |= dict.fromkeys(p for p in (module, module[:-3] + "sum") if context.exists(p))
    return Reads(tuple(sorted(files, key=lambda path: path.count("/"))))


def _text(context: Context, path: str) -> str:
    return context.read(path).decode("utf-8", "replace")


def _workspace_above(context: Context, folder: str) -> str:
    while folder:
        folder = posixpath.dirname(folder)
        path = posixpath.join(folder, "go.work")
        if context.exists(path):
            return path
    return ""
