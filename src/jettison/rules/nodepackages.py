"""A package.json of the context with its lock file: what only development needs, and what uses it."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jettison.dockerfile import Instruction
from jettison.facts import load
from jettison.project import Project
from jettison.rules.copies import from_context

LIFECYCLE = ("preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare")
"""Scripts of the project itself that an install runs."""

_TOKEN = r"[@\w./-]+"
_TESTS = (
    r"(^|/)(tests?|__tests__|__mocks__|spec|cypress|e2e|scripts|\.storybook)/"
    r"|\.(test|spec|config|stories)\.|(^|/)(\.|gulpfile|Gruntfile|webpack)"
)
_COMMON = frozenset(("cli", "core", "node", "npm", "yarn", "server", "runtime"))
"""Last parts of package names that are no program of the package."""
_SOURCES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx")
_MOST_FILES = 500


@dataclass(frozen=True, slots=True)
class NodePackage:
    """`folder` is its folder in the context, `manifest` its package.json, `lock` its lock file's content, {}
    when that is not JSON.
    """

    folder: str
    manifest: dict[str, Any]
    lock: dict[str, Any]
    lockfile: str

    @property
    def development(self) -> frozenset[str]:
        """The packages named under devDependencies and nowhere else."""
        named = {name for key in ("dependencies", "optionalDependencies") for name in self._names(key)}
        return frozenset(self._names("devDependencies")) - named

    @property
    def scripts(self) -> dict[str, str]:
        """The scripts by name."""
        found = self.manifest.get("scripts")
        return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}

    def programs(self) -> frozenset[str]:
        """The names under which the development packages and their programs are called."""
        known = load("dev-dependencies")["bins"]
        names: set[str] = set()
        for package in self.development:
            if package.startswith("@types/"):
                continue
            names |= {package, *known.get(package, ())}
            entry = self._locked().get(f"node_modules/{package}")
            bins = entry.get("bin") if isinstance(entry, dict) else None
            if isinstance(bins, dict):
                names |= set(bins)
            elif entry is None and posixpath.basename(package) not in _COMMON:
                names.add(posixpath.basename(package))
        return frozenset(names)

    def count(self) -> int:
        """How many packages are installed for development only; the named ones where the lock file does not
        say.
        """
        marked = sum(1 for entry in self._locked().values() if isinstance(entry, dict) and entry.get("dev"))
        return marked or len(self.development)

    def in_step(self) -> bool:
        """True when the lock file of npm 7 and later was made from this manifest, as `npm ci` demands."""
        root = self._locked().get("")
        keys = ("dependencies", "devDependencies", "optionalDependencies", "peerDependencies")
        return isinstance(root, dict) and all(root.get(k, {}) == self.manifest.get(k, {}) for k in keys)

    def uses(self, text: str, programs: frozenset[str]) -> str:
        """The development program that a shell text calls, by itself or by a script; "" for none."""
        seen: set[str] = set()
        waiting = [text]
        while waiting:
            tokens = re.findall(_TOKEN, waiting.pop())
            for token in tokens:
                if token in programs or posixpath.basename(token) in programs:
                    return str(posixpath.basename(token))
                inside: str = token.partition("node_modules/")[2]
                if inside and any(inside == p or inside.startswith(p + "/") for p in programs):
                    return inside
            for name in self._called(tokens):
                if name not in seen:
                    seen.add(name)
                    waiting += [
                        self.scripts[n] for n in (f"pre{name}", name, f"post{name}") if n in self.scripts
                    ]
        return ""

    def _called(self, tokens: list[str]) -> Iterator[str]:
        """The scripts that a command names: `npm run build`, `yarn build`, `npm-run-all lint build`."""
        if any(token in ("npm", "yarn", "pnpm", "run-s", "run-p", "npm-run-all", "bun") for token in tokens):
            yield from (token for token in tokens if token in self.scripts)

    def _names(self, key: str) -> list[str]:
        found = self.manifest.get(key)
        return list(found) if isinstance(found, dict) else []

    def _locked(self) -> dict[str, Any]:
        found = self.lock.get("packages")
        return found if isinstance(found, dict) else {}


def find_package(project: Project, run: Instruction, lockfiles: list[str]) -> NodePackage | None:
    """The package that lies in the working directory of a RUN; None when the context does not show it."""
    at = project.scope(run).workdir
    path = from_context(project, posixpath.join(at, "package.json"), run)
    manifest = _json(project.context.read(path)) if path else {}
    if path is None or not manifest:
        return None
    for name in lockfiles:
        lock = from_context(project, posixpath.join(at, name), run)
        if lock:
            content = _json(project.context.read(lock, 20_000_000)) if name.endswith(".json") else {}
            return NodePackage(posixpath.dirname(path), manifest, content, name)
    return NodePackage(posixpath.dirname(path), manifest, {}, "")


def importer(project: Project, package: NodePackage) -> tuple[str, str] | None:
    """A source file, tests and configurations apart, that imports a development package, and that package."""
    names = sorted(package.development)
    if not names:
        return None
    named = "|".join(map(re.escape, names))
    pattern = re.compile(rf"""(?:require\(\s*|from\s+|import\s+|import\(\s*)["']({named})(?:/[^"']*)?["']""")
    seen = 0
    for file in project.context.under(package.folder):
        if not file.path.endswith(_SOURCES) or "node_modules/" in file.path or re.search(_TESTS, file.path):
            continue
        seen += 1
        if seen > _MOST_FILES:
            break
        found = pattern.search(project.context.read(file.path, 200_000).decode("utf-8", "replace"))
        if found:
            return file.path, found[1]
    return None


def _json(content: bytes) -> dict[str, Any]:
    import json

    try:
        found = json.loads(content)
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
