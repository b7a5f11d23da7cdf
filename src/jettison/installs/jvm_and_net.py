"""The project files that Maven, Gradle and NuGet read: of every module and every project."""

from __future__ import annotations

import posixpath
import re
from typing import TYPE_CHECKING

from jettison.installs.manifests import Reads

if TYPE_CHECKING:
    from jettison.context import Context

_MODULE = re.compile(r"<module>\s*([^<\s]+)\s*</module>")
_PARENT = re.compile(r"<relativePath>\s*([^<\s]+)\s*</relativePath>")
_COMMENT = re.compile(r"<!--.*?-->", re.S)
_PROJECT = (".csproj", ".fsproj", ".vbproj")
_SOLUTION = (".sln", ".slnx")
_SHARED = frozenset(
    ("directory.build.props", "directory.build.targets", "directory.packages.props", "nuget.config",
     "global.json", "packages.lock.json", "dotnet-tools.json", "directory.solution.props",
     "directory.build.rsp")
)  # fmt: skip
_REFERENCE = re.compile(r"<ProjectReference\s[^>]*Include\s*=\s*\"([^\"]+)\"", re.I)
_IMPORT = re.compile(r"<Import\s[^>]*Project\s*=\s*\"([^\"]+)\"", re.I)


def maven(context: Context, folder: str, found: Reads) -> Reads | str | None:
    """The pom.xml of a project and of all its modules."""
    files = dict.fromkeys(found.files)
    queue = [posixpath.join(folder, "pom.xml")]
    seen: set[str] = set()
    while queue:
        path = queue.pop(0)
        if path in seen:
            continue
        seen.add(path)
        if not context.exists(path):
            return f"{path} is not in the context"
        files[path] = None
        text = _COMMENT.sub("", context.read(path).decode("utf-8", "replace"))
        here = posixpath.dirname(path)
        if "<systemPath>" in text:
            return f"{path} takes a library from a local file"
        parent = _PARENT.search(text)
        if parent and path == posixpath.join(folder, "pom.xml"):
            return f"{path} has a parent in another folder"
        for name in _MODULE.findall(text):
            place = posixpath.normpath(posixpath.join(here, name))
            if place.startswith("..") or "$" in name:
                return f"{path} has a module outside the context"
            queue.append(place if place.endswith(".xml") else posixpath.join(place, "pom.xml"))
    return Reads(tuple(files), found.folders)


def gradle(context: Context, folder: str, found: Reads) -> Reads | str | None:
    """The build files of a project of one part; with several, or with files applied, it is not certain."""
    for path in found.files:
        if not path.endswith((".gradle", ".kts")):
            continue
        text = context.read(path).decode("utf-8", "replace")
        if re.search(r"^\s*include\b|includeBuild|\bincludeFlat\b", text, re.M):
            return f"{path} joins several projects, whose build files and folders it wants too"
        if re.search(r"apply\s*\(?\s*from|\bfiles\(|fileTree\(|\bflatDir\b|\bfile\(", text):
            return f"{path} reads other files of the project"
    return found


def dotnet(context: Context, folder: str, found: Reads) -> Reads | str | None:
    """Every project and solution file below the folder, with what MSBuild and NuGet read beside them."""
    files: dict[str, None] = {}
    for file in context.files:
        place, _, base = file.path.rpartition("/")
        below = not folder or place == folder or place.startswith(folder + "/")
        above = not place or folder.startswith(place + "/")
        shared = base.lower() in _SHARED and (above or below)
        if shared or (below and base.lower().endswith((*_PROJECT, *_SOLUTION))):
            files[file.path] = None
    projects = [path for path in files if path.lower().endswith(_PROJECT)]
    for path in projects:
        for name in _REFERENCE.findall(context.read(path).decode("utf-8", "replace")):
            other = posixpath.normpath(posixpath.join(posixpath.dirname(path), name.replace("\\", "/")))
            if other not in files and not context.exists(other):
                return f"{path} refers to {name}, which is not in the context"
            if other not in files:
                files[other] = None
                projects.append(other)
    if not projects:
        return None
    for path in files:
        text = context.read(path).decode("utf-8", "replace")
        if path.lower().endswith(_SOLUTION):
            continue
        imported = [name for name in _IMPORT.findall(text) if name.lower().rpartition("\\")[2] not in _SHARED]
        if any("$(MSBuildExtensionsPath" not in name and "$(VSTools" not in name for name in imported):
            return f"{path} imports {imported[0]}"
        if re.search(r"<(?:RestoreSources|HintPath)>|value=\"\.{0,2}[\\/]", text):
            return f"{path} takes packages from a local folder"
    for path in projects:
        if context.exists(posixpath.join(posixpath.dirname(path), "obj/project.assets.json")):
            return (
                f"{posixpath.dirname(path) or '.'}/obj is sent with the context and would be copied over it"
            )
    return Reads(tuple(sorted(files, key=lambda path: (path.count("/"), path))))
