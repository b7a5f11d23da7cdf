"""Dependency installs: which commands need only manifests, which need nothing of the context, which need the
sources."""

from __future__ import annotations

import posixpath
import re
from typing import Any, NamedTuple

from jettison.facts import load
from jettison.project import Project
from jettison.shell import Command
from jettison.shell.packages import Action, action

SYSTEM = frozenset(("apt", "apk", "rpm"))
"""Families of the distributions' package managers: they read nothing of the build context."""

_LOCKED = {
    "npm": ("package.json", "package-lock.json", "npm-shrinkwrap.json", ".npmrc"),
    "yarn": ("package.json", "yarn.lock", ".yarnrc", ".npmrc"),
    "pnpm": ("package.json", "pnpm-lock.yaml", ".npmrc"),
}
_REQUIREMENTS = frozenset(("-r", "--requirement", "-c", "--constraint"))
_CACHES = (
    "/var/lib/apt/",
    "/var/cache/",
    "/tmp/",
    "/var/tmp/",
    "/root/.cache",
    "/root/.npm",
    "~/.cache",
    "~/.npm",
)
_LIFECYCLE = ("preinstall", "install", "postinstall", "preprepare", "prepare", "postprepare")


class Needs(NamedTuple):
    """What a command reads of the build context.

    `kind` is "manifests" (the files in `paths`, relative to its working directory), "nothing", or "sources"
    (unknown, so everything). `manager` is the package manager, "" for another command; `system` says that it
    is one of the distribution.
    """

    kind: str
    manager: str = ""
    paths: tuple[str, ...] = ()
    system: bool = False


GO_MODULES = Needs("manifests", "go", ("go.mod", "go.sum"))
"""What `go mod download` needs."""


def needs(command: Command) -> Needs:
    """What one command of a RUN reads of the context, by its text alone."""
    done = action(command)
    if done is None:
        return Needs("nothing") if _harmless(command) else Needs("sources")
    name = done.manager.name
    if done.manager.family in SYSTEM:
        return Needs("sources" if done.files else "nothing", name, system=True)
    if done.verb == "clean":
        return Needs("nothing", name)
    if name == "pip" and done.verb == "install":
        return _pip(done)
    if name in ("npm", "yarn", "pnpm") and done.verb == "install":
        return _node(command, done)
    if name == "go" and done.verb == "download":
        return GO_MODULES
    row = _row(name)
    if row is None or done.verb != row["verb"] or not _only_manifests(command, done, row):
        return Needs("sources", name)
    return Needs("manifests", name, tuple(row["manifests"]))


def _row(manager: str) -> dict[str, Any] | None:
    """The row of install-reads.toml for a package manager; None for one that has none."""
    return next((row for row in load("install-reads")["install"] if row["manager"] == manager), None)


def _only_manifests(command: Command, done: Action, row: dict[str, Any]) -> bool:
    """True for the sub-command of the row, without packages or other folders, with the options it needs."""
    words = [word.text or "" for word in command.operands]
    if not words or words[0] not in row["words"].split() or len(words) > 1:
        return False
    if command.context or any(option.name in _ELSEWHERE for option in command.options):
        return False
    return all(any(command.has_option(name) for name in group.split("|")) for group in row["options"])


_ELSEWHERE = (
    "-C",
    "--directory",
    "--project",
    "-d",
    "--working-dir",
    "--gemfile",
    "-f",
    "--file",
    "--cwd",
    "-pl",
)
"""Options that name another folder or manifest."""


def _pip(done: Action) -> Needs:
    editable = "-e" in done.flags or "--editable" in done.flags
    files = tuple(option.value or "" for option in done.options if option.name in _REQUIREMENTS)
    odd = any(not f or posixpath.isabs(f) or "$" in f or "://" in f for f in files)
    if editable or odd or len(done.files) != len(files):
        return Needs("sources", "pip")
    return Needs("manifests", "pip", files) if files else Needs("nothing", "pip")


def _node(command: Command, done: Action) -> Needs:
    name = done.manager.name
    if command.has_option("-g", "--global", "--location"):
        return Needs("sources" if done.files else "nothing", name)
    if done.packages or done.files or command.has_option("--prefix", "-C", "--cwd", "--dir"):
        return Needs("sources", name)
    return Needs("manifests", name, _LOCKED[name])


def _harmless(command: Command) -> bool:
    """True for a command that touches nothing but messages and caches of package managers."""
    if command.redirects:
        return False
    if command.name in ("true", ":", "echo", "set", "corepack"):
        return True
    if command.name == "rm":
        operands = [w.text or "" for w in command.operands]
        return bool(operands) and all(o.startswith(_CACHES) for o in operands)
    return False


def hazard(project: Project, manager: str, folder: str, paths: tuple[str, ...]) -> str | None:
    """Why an install may need more than its manifests, as a reason for refusal; None when nothing speaks
    against it.

    `folder` is the context folder it runs in, `paths` the manifests that are there.
    """
    if manager == "pip":
        return _pip_hazard(project, folder, paths)
    if manager in ("npm", "yarn", "pnpm"):
        return _node_hazard(project, folder)
    if manager == "go":
        text = project.context.read(posixpath.join(folder, "go.mod")).decode("utf-8", "replace")
        if project.context.exists(posixpath.join(folder, "vendor/modules.txt")):
            return "the modules are vendored"
        if project.context.exists(posixpath.join(folder, "go.work")):
            return "go.work joins several modules"
        if re.search(r"=>\s*\.{1,2}/", text):
            return "go.mod replaces a module by a local folder"
    row = _row(manager)
    return None if row is None else _row_hazard(project, row, folder, paths)


def _row_hazard(project: Project, row: dict[str, Any], folder: str, paths: tuple[str, ...]) -> str | None:
    first = row["manifests"][0]
    if first not in paths:
        return f"{first} is not in the context"
    for name in row["folders"]:
        if project.context.under(posixpath.join(folder, name)):
            return f"{name} is sent with the context and would be copied over the fresh install"
    text = project.context.read(posixpath.join(folder, first)).decode("utf-8", "replace")
    return next((f"{first} {each['why']}" for each in row["hazard"] if each["text"] in text), None)


def requirement_files(project: Project, folder: str, paths: tuple[str, ...]) -> tuple[str, ...]:
    """Requirement files with those that they include by -r and -c, relative to `folder`."""
    found: dict[str, None] = {}
    queue = list(paths)
    while queue:
        path = posixpath.normpath(queue.pop(0))
        if path in found:
            continue
        found[path] = None
        text = project.context.read(posixpath.join(folder, path)).decode("utf-8", "replace")
        for match in re.finditer(r"^\s*(?:-r|-c|--requirement|--constraint)[\s=]*(\S+)", text, re.M):
            queue.append(posixpath.join(posixpath.dirname(path), match[1]))
    return tuple(found)


def _pip_hazard(project: Project, folder: str, paths: tuple[str, ...]) -> str | None:
    for path in paths:
        text = project.context.read(posixpath.join(folder, path)).decode("utf-8", "replace")
        for line in text.splitlines():
            word = line.strip()
            if re.match(r"(-e\b|--editable|\.{1,2}(/|$|\[)|file:)", word) or " @ file:" in word:
                return f"{path} installs a local folder ({word})"
            if re.match(r"(-f|--find-links)[\s=]*[^h\s]", word):
                return f"{path} looks for packages in a local folder ({word})"
    return None


def _node_hazard(project: Project, folder: str) -> str | None:
    import json

    context = project.context
    if context.under(posixpath.join(folder, "node_modules")):
        return "node_modules is sent with the context and would be copied over the fresh install"
    try:
        package = json.loads(context.read(posixpath.join(folder, "package.json")))
    except ValueError:
        return "package.json is not valid JSON"
    if not isinstance(package, dict):
        return "package.json is not an object"
    if package.get("workspaces") or context.exists(posixpath.join(folder, "pnpm-workspace.yaml")):
        return "package.json has workspaces, whose manifests the install needs too"
    scripts = package.get("scripts")
    ran = [name for name in _LIFECYCLE if isinstance(scripts, dict) and name in scripts]
    if ran:
        return f"package.json runs its script {ran[0]!r} after every install"
    kinds = ("dependencies", "devDependencies", "optionalDependencies")
    versions = {
        n: v for kind in kinds if isinstance(package.get(kind), dict) for n, v in package[kind].items()
    }
    for name, version in versions.items():
        if str(version).startswith(("file:", "link:", ".", "/", "portal:", "workspace:")):
            return f"package.json takes {name} from a local folder"
    if "prisma" in versions or "@prisma/client" in versions:
        return "prisma generates its client from the sources while it is installed"
    if context.exists(posixpath.join(folder, "patches")) or context.exists(
        posixpath.join(folder, "binding.gyp")
    ):
        return "the install reads more than the manifests (patches or binding.gyp)"
    return None
