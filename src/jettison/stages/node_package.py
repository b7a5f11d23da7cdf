"""The package.json of a Node stage: its scripts, what only development needs, what its installs run."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.project import Project
from jettison.stages import Refusal

_INSTALL_SCRIPTS = ("preinstall", "install", "postinstall", "prepare")
_STARTS = re.compile(
    r"""["'](?:node:)?child_process["']|["'](?:execa|shelljs|cross-spawn|zx|simple-git|fluent-ffmpeg|gm|imagemagick)["']"""
)
_ASIDE = re.compile(
    r"(^|/)(tests?|__tests__|__mocks__|spec|e2e|cypress|scripts)/|\.(test|spec|config|stories)\.|(^|/)\.|file\."
)
_SOURCES = (".js", ".mjs", ".cjs", ".ts", ".mts", ".cts", ".jsx", ".tsx")
_MOST_FILES = 1000


@dataclass(frozen=True, slots=True)
class Package:
    """`folder` is its folder in the context, `manifest` its package.json, `lock` its package-lock.json or {},
    `lockfile` the name of the lock file, "" without one.
    """

    folder: str
    manifest: dict[str, Any]
    lock: dict[str, Any]
    lockfile: str

    def names(self, *keys: str) -> frozenset[str]:
        """The packages under these keys of the manifest."""
        found = (self.manifest.get(key) for key in keys)
        return frozenset(name for each in found if isinstance(each, dict) for name in each)

    @property
    def scripts(self) -> dict[str, str]:
        """The scripts by name."""
        found = self.manifest.get("scripts")
        return {k: v for k, v in found.items() if isinstance(v, str)} if isinstance(found, dict) else {}

    @property
    def development(self) -> frozenset[str]:
        """The packages that only development needs."""
        return self.names("devDependencies") - self.names("dependencies", "optionalDependencies")

    def programs(self) -> frozenset[str]:
        """The names under which development packages are called."""
        known = load("dev-dependencies")["bins"]
        names: set[str] = set()
        for package in self.development:
            if package.startswith("@types/"):
                continue
            names |= {package.lstrip("@"), *known.get(package, ())}
            entry = self._locked().get(f"node_modules/{package}")
            if isinstance(entry, dict) and isinstance(entry.get("bin"), dict):
                names |= set(entry["bin"])
            elif entry is None and posixpath.basename(package) not in ("cli", "core", "node", "npm", "yarn"):
                names.add(posixpath.basename(package))
        return frozenset(names)

    def count(self) -> int:
        """How many packages only development needs; the named ones where the lock file does not say."""
        marked = sum(1 for entry in self._locked().values() if isinstance(entry, dict) and entry.get("dev"))
        return marked or len(self.development)

    def command(self, words: list[str]) -> str:
        """What `npm run x`, `npm start` or `yarn x` runs, through scripts that only call scripts; else the
        words themselves.
        """
        text = " ".join(words)
        for _ in range(5):
            words = text.split()
            if len(words) < 2 or words[0] not in ("npm", "yarn", "pnpm"):
                return text
            rest = [word for word in words[1:] if word not in ("run", "run-script") and word[:1] != "-"]
            if not rest or rest[0] not in self.scripts:
                return text
            if any(f"{hook}{rest[0]}" in self.scripts for hook in ("pre", "post")):
                return text
            text = self.scripts[rest[0]]
        return text

    def reached(self, text: str) -> str:
        """A shell text with every script of package.json that it may call, by name."""
        texts, seen, waiting = [text], {""}, [text]
        while waiting:
            words = re.findall(r"[@\w./:-]+", waiting.pop())
            if not {"npm", "yarn", "pnpm", "run-s", "run-p", "npm-run-all", "bun"} & set(words):
                continue
            for name in (f"{hook}{word}" for word in words for hook in ("pre", "", "post")):
                if name in self.scripts and name not in seen:
                    seen.add(name)
                    texts.append(self.scripts[name])
                    waiting.append(self.scripts[name])
        return "\n".join(texts)

    def install_script(self) -> str:
        """The script of package.json that an install runs and that calls a development package; "" for
        none.
        """
        programs = self.programs()
        for name in _INSTALL_SCRIPTS:
            used = programs & {
                posixpath.basename(t) for t in re.findall(r"[@\w./-]+", self.scripts.get(name, ""))
            }
            if used:
                return f"the {name} script of package.json runs {sorted(used)[0]}"
        return ""

    def _locked(self) -> dict[str, Any]:
        found = self.lock.get("packages")
        return found if isinstance(found, dict) else {}


def find_package(project: Project, stage: Stage, before: Instruction) -> Package:
    """The package that lies in the working directory of `before`. Raises Refusal when that is not certain."""
    at = project.scope(before).workdir
    name = "package.json"
    folders = {f for copy in stage.instructions for f in _brought(project, copy, at, before, name)}
    if len(folders) != 1:
        raise Refusal("which package.json lies where it is built is not certain")
    folder = folders.pop()
    manifest = _json(project, posixpath.join(folder, "package.json"))
    if not manifest:
        raise Refusal("its package.json is not readable")
    names = ("package-lock.json", "npm-shrinkwrap.json", "yarn.lock", "pnpm-lock.yaml")
    copies = stage.instructions
    there = (n for n in names if any(folder in _brought(project, c, at, before, n) for c in copies))
    lockfile = next(there, "")
    lock = _json(project, posixpath.join(folder, lockfile)) if lockfile.endswith(".json") else {}
    return Package(folder, manifest, lock, lockfile)


def _brought(project: Project, copy: Instruction, at: str, before: Instruction, name: str) -> Iterator[str]:
    """The context folders whose file `name` a COPY puts into the folder `at` before an instruction."""
    if copy.keyword not in ("COPY", "ADD") or copy.span.start > before.span.start or copy.dest is None:
        return
    if copy.flag("from") is not None or posixpath.normpath(
        posixpath.join(project.scope(copy).workdir, copy.dest.text)
    ) not in (at, posixpath.join(at, name)):
        return
    for word in copy.sources:
        source = posixpath.normpath(word.text.lstrip("/") or ".")
        if any(
            f.path == posixpath.join(posixpath.dirname(source), name) for f in project.context.match(source)
        ):
            yield posixpath.dirname(source)
        elif project.context.exists(posixpath.join("" if source == "." else source, name)):
            yield "" if source == "." else source


def starts_programs(project: Project, package: Package) -> str:
    """The source file that starts other programs, "" when none is known to."""
    for number, file in enumerate(project.context.under(package.folder)):
        if number > _MOST_FILES:
            return "one of very many files"
        if not file.path.endswith(_SOURCES) or "node_modules/" in file.path:
            continue
        if _STARTS.search(project.context.read(file.path, 200_000).decode("utf-8", "replace")):
            return file.path
    return ""


def importer(project: Project, package: Package) -> tuple[str, str] | None:
    """A source file, tests and configuration apart, that imports a development package for more than its
    types, and that package.
    """
    names = "|".join(re.escape(n) for n in sorted(package.development) if not n.startswith("@types/"))
    if not names:
        return None
    before = r"""require\(\s*|import\(\s*|import\s+|\bimport\s(?!type\s)[^;'"]*?from\s+"""
    pattern = re.compile(rf"""(?:{before})["']({names})(?:/[^"']*)?["']""")
    for file in project.context.under(package.folder)[:_MOST_FILES]:
        if file.path.endswith(_SOURCES) and "node_modules/" not in file.path and not _ASIDE.search(file.path):
            found = pattern.search(project.context.read(file.path, 200_000).decode("utf-8", "replace"))
            if found:
                return file.path, found[1]
    return None


def _json(project: Project, path: str) -> dict[str, Any]:
    import json

    try:
        found = json.loads(project.context.read(path, 20_000_000))
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}
