"""The files of the build context that an install reads, and what may make it read more."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, NamedTuple

if TYPE_CHECKING:
    from jettison.context import Context
    from jettison.installs.command import Needs


class Reads(NamedTuple):
    """Paths of the context: `files`, and `folders` that are read as a whole."""

    files: tuple[str, ...] = ()
    folders: tuple[str, ...] = ()


Reader = Callable[["Context", str, Reads], "Reads | str | None"]
"""Further files for those that are known: what is read in all, why that is not certain, or None when there is
nothing to install."""


def resolve(context: Context, need: Needs, folder: str) -> Reads | str | None:
    """What an install that runs in a folder of the context reads there; the reason when that is not certain;
    None when its manifests are not there, or leave nothing to fetch.
    """
    row = need.row
    if row is None:
        from jettison.installs.python import requirements

        return requirements(context, folder, need.paths)
    found = _listed(context, row, folder)
    if found is None:
        return None
    reason = _reason(context, row, folder, found)
    if reason is not None:
        return reason
    reader = _reader(row.get("reads", ""))
    read = reader(context, folder, found) if reader is not None else found
    if need.manager == "conda":
        from jettison.installs.python import environments

        read = environments(context, folder, need.paths)
    if isinstance(read, Reads):
        return _printable(read, row)
    return read


def _listed(context: Context, row: dict[str, Any], folder: str) -> Reads | None:
    manifests: list[str] = row["manifests"]
    first = manifests[0].split("|") if manifests else []
    if manifests and not any(context.exists(posixpath.join(folder, name)) for name in first):
        return None
    files = [posixpath.join(folder, name) for name in (*first, *manifests[1:])]
    folders = [posixpath.join(folder, name) for name in row.get("folders", ())]
    return Reads(
        tuple(path for path in files if context.exists(path)),
        tuple(path for path in folders if context.under(path)),
    )


def _reason(context: Context, row: dict[str, Any], folder: str, found: Reads) -> str | None:
    for name in row.get("installed", ()):
        path = posixpath.join(folder, name)
        if context.exists(path):
            return f"{path} is sent with the context and would be copied over the fresh install"
    if not found.files:
        return None
    text = context.read(found.files[0]).decode("utf-8", "replace")
    for each in row.get("hazard", ()):
        if re.search(each["text"], text, re.M):
            return f"{found.files[0]} {each['why']}"
    return None


def _reader(name: str) -> Reader | None:
    if name == "node":
        from jettison.installs.node import packages

        return packages
    if name == "go":
        from jettison.installs.golang import modules

        return modules
    if name in ("maven", "gradle", "dotnet"):
        from jettison.installs import jvm_and_net

        return {
            "maven": jvm_and_net.maven,
            "gradle": jvm_and_net.gradle,
            "dotnet": jvm_and_net.dotnet,
        }[name]
    return None


def _printable(read: Reads, row: dict[str, Any]) -> Reads | str:
    """The same, unless it cannot be written as a few COPYs of plain names."""
    paths = (*read.files, *read.folders)
    if odd := next((path for path in paths if set(path) & set(" *?[]\"'$\\`<")), None):
        return f"{odd} has a name that COPY would not take as it is"
    folders = {posixpath.dirname(path) for path in read.files}
    if row.get("single") and len(folders) > 1:
        return "it has several modules, of which one may need what the build of another makes"
    return read
