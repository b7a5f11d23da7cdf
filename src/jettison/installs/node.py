"""What an install by npm, yarn, pnpm or bun reads beside package.json: members, patches, scripts."""

from __future__ import annotations

import json
import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from jettison.facts import load
from jettison.installs.manifests import Reads

if TYPE_CHECKING:
    from jettison.context import Context

_LIFECYCLE = ("preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare")
_KINDS = ("dependencies", "devDependencies", "optionalDependencies")
_PATH = re.compile(r"^\s+-\s+[\"']?([^\"'#\n]+?)[\"']?\s*(?:#.*)?$", re.M)


def packages(context: Context, folder: str, found: Reads) -> Reads | str | None:
    """The manifests of a package and of every member of its workspace, with the folders that the scripts run
    by the install are known to read.
    """
    root = _read(context, folder)
    if isinstance(root, str):
        return root
    members = _members(context, folder, root)
    if isinstance(members, str):
        return members
    files, folders = list(found.files), list(found.folders)
    for path in (folder, *members):
        package = root if path == folder else _read(context, path)
        if isinstance(package, str):
            return package
        more = _reads(context, path, package, bool(members))
        if isinstance(more, str):
            return more
        folders += (name for name in more if name not in folders)
        if path != folder:
            if package.get("bin") or "bin" in (package.get("directories") or {}):
                return f"{path}/package.json names programs (bin), which the install links if they are there"
            if context.exists(posixpath.join(path, "node_modules")):
                return f"{path}/node_modules is sent with the context and would be copied over the install"
            names = ("package.json", ".npmrc")
            files += (posixpath.join(path, n) for n in names if context.exists(posixpath.join(path, n)))
    if reason := _configured(context, folder):
        return reason
    return Reads(tuple(files), tuple(folders))


def runs_scripts(context: Context) -> bool:
    """True when an install may run a script of the project's own, by any package.json of the context."""
    for file in context.files:
        if posixpath.basename(file.path) == "package.json" and "node_modules/" not in file.path:
            package = _read(context, posixpath.dirname(file.path))
            scripts = package.get("scripts") if isinstance(package, dict) else None
            if isinstance(package, str) or (
                isinstance(scripts, dict) and not scripts.keys().isdisjoint(_LIFECYCLE)
            ):
                return True
    return False


def _read(context: Context, folder: str) -> dict[str, Any] | str:
    path = posixpath.join(folder, "package.json")
    try:
        package = json.loads(context.read(path))
    except (ValueError, RecursionError):
        return f"{path} is not valid JSON"
    return package if isinstance(package, dict) else f"{path} is not an object"


def _members(context: Context, folder: str, root: dict[str, Any]) -> list[str] | str:
    """The folders of a workspace's members; the reason when they cannot be told."""
    patterns = root.get("workspaces")
    if isinstance(patterns, dict):
        patterns = patterns.get("packages")
    listed = [p for p in patterns if isinstance(p, str)] if isinstance(patterns, list) else []
    own = posixpath.join(folder, "pnpm-workspace.yaml")
    if context.exists(own):
        text = context.read(own).decode("utf-8", "replace")
        block = re.search(r"^packages:[ \t]*(\[[^\]]*\]|\n(?:[ \t]+.*\n?|[ \t]*\n)*)", text, re.M)
        body = block[1] if block else ""
        listed += re.findall(r"[\"']?([^\s\"',\[\]]+)", body) if body.startswith("[") else _PATH.findall(body)
    if not listed:
        return []
    return _expand(context, folder, listed)


def _expand(context: Context, folder: str, patterns: list[str]) -> list[str] | str:
    from jettison.context.gopath import glob

    found: dict[str, None] = {}
    manifests = [f.path for f in context.under(folder) if posixpath.basename(f.path) == "package.json"]
    places = [posixpath.dirname(path) for path in manifests if "/node_modules/" not in f"/{path}"]
    inside = [place for place in places if place != folder]
    for pattern in patterns:
        if pattern.startswith(("!", "../", "/")) or "{" in pattern:
            return f"the members of its workspace are not plain folders ({pattern})"
        plain = posixpath.normpath(pattern)
        deep, _, _ = plain.partition("/**")
        for place in inside:
            name = posixpath.relpath(place, folder or ".")
            if "**" in plain:
                matches = plain.endswith("**") and (name == deep or name.startswith(deep + "/"))
            else:
                matches = bool(glob(plain)(name))
            if matches:
                found[place] = None
    return sorted(found) or "the members of its workspace are not in the context"


def _reads(context: Context, folder: str, package: dict[str, Any], workspace: bool) -> list[str] | str:
    """The folders of the context that installing this package reads; the reason when that is not known."""
    name = posixpath.join(folder, "package.json")
    folders: list[str] = []
    written = package.get("scripts")
    scripts: dict[str, Any] = written if isinstance(written, dict) else {}
    known = load("install-reads")["scripts"]
    for each in _LIFECYCLE:
        script = str(scripts.get(each, "")).strip()
        if script and script not in known:
            return f"{name} runs its script {each!r} after every install"
        folders += known.get(script, ())
    versions = _versions(package)
    for dependency, version in versions.items():
        local = ("file:", "link:", ".", "/", "portal:", "~")
        if version.startswith(local) or (version.startswith("workspace:") and not workspace):
            return f"{name} takes {dependency} from a local folder"
    if "prisma" in versions or "@prisma/client" in versions:
        if isinstance(package.get("prisma"), dict) or _any(context, folder, "prisma.config."):
            return "prisma is told where its schema is, and generates its client from it during the install"
        folders.append("prisma")
    if any(v.startswith("patch:") for v in versions.values()) or _patched(package):
        folders.append("patches")
    if context.exists(posixpath.join(folder, "binding.gyp")):
        return f"{posixpath.join(folder, 'binding.gyp')} is compiled from the sources during the install"
    places = (posixpath.join(folder, each) for each in dict.fromkeys(folders))
    return [place for place in places if context.under(place)]


def _versions(package: dict[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for kind in _KINDS:
        listed = package.get(kind)
        if isinstance(listed, dict):
            found |= {str(key): str(value) for key, value in listed.items()}
    return found


def _patched(package: dict[str, Any]) -> bool:
    pnpm = package.get("pnpm")
    return "patchedDependencies" in package or (isinstance(pnpm, dict) and "patchedDependencies" in pnpm)


def _any(context: Context, folder: str, start: str) -> bool:
    paths: Iterator[str] = (file.path for file in context.under(folder))
    return any(posixpath.dirname(p) == folder and posixpath.basename(p).startswith(start) for p in paths)


def _configured(context: Context, folder: str) -> str | None:
    """Why the settings of yarn or pnpm make the install read other files; None when they do not."""
    classic = context.read(posixpath.join(folder, ".yarnrc")).decode("utf-8", "replace")
    if re.search(r"^\s*yarn-offline-mirror\b", classic, re.M):
        return ".yarnrc names a folder of the project as a mirror"
    if re.search(r"^\s*yarn-path\s+[\"']?(?!\.?/?\.yarn/releases/)", classic, re.M):
        return ".yarnrc names a yarn in another folder"
    berry = context.read(posixpath.join(folder, ".yarnrc.yml")).decode("utf-8", "replace")
    path = re.search(r"^\s*yarnPath:\s*[\"']?(\S+)", berry, re.M)
    if path and not posixpath.normpath(path[1].strip("\"'")).startswith(".yarn/releases/"):
        return ".yarnrc.yml names a yarn in another folder"
    own = context.read(posixpath.join(folder, "pnpm-workspace.yaml")).decode("utf-8", "replace")
    both = own + context.read(posixpath.join(folder, "pnpm-lock.yaml"), 4_000).decode("utf-8", "replace")
    if re.search(r"^patchedDependencies:", both, re.M) and not context.under(
        posixpath.join(folder, "patches")
    ):
        return "pnpm patches packages with files that are not in patches/"
    return None
