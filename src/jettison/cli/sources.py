"""From the paths of a call to projects: which Dockerfiles are meant, and their bytes."""

from __future__ import annotations

import os
import stat
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jettison.errors import CannotRun, UsageError
from jettison.project import Project

if TYPE_CHECKING:
    from jettison.config import Config
    from jettison.facts.digests import Known

LARGEST = 4_000_000
"""Bytes. Real Dockerfiles end far below 100 kB; what is larger is something else under that name."""

_PRUNED = {".git", "node_modules", "vendor", ".venv", "venv", "target", "dist", "__pycache__"}


class Request(NamedTuple):
    """What a call says about its projects, from options; an option that is not given leaves the word to the
    configuration."""

    context: str | None = None
    target: str | None = None
    build_args: Mapping[str, str] = {}


class Source(NamedTuple):
    """A Dockerfile to read. `shown` is its path as the user wrote it; `file` is None for standard input."""

    shown: str
    file: Path | None
    root: Path


def find_sources(paths: tuple[str, ...], context: str | None) -> list[Source]:
    """The Dockerfiles that these paths mean: of a folder all directly in it, `-` is standard input.

    Raises CannotRun when a path does not exist or a folder has no Dockerfile.
    """
    root = _context_folder(context)
    found: dict[str, Source] = {}
    for path in paths or (".",):
        for source in _sources_of(path, root):
            found.setdefault(source.shown, source)
    return list(found.values())


def find_one(path: str, context: str | None) -> Source:
    """The one Dockerfile that a path means: of a folder the configured one, `Dockerfile`, or the only one.

    Raises UsageError when a folder has several and none is called Dockerfile.
    """
    sources = find_sources((path,), context)
    for source in sources:
        if len(sources) == 1 or os.path.basename(source.shown) == "Dockerfile":
            return source
    names = ", ".join(os.path.basename(source.shown) for source in sources)
    raise UsageError(f"{path} has several Dockerfiles: {names}", "name the one that is meant")


def open_project(source: Source, request: Request) -> Project:
    """Read a Dockerfile. Raises CannotRun when it cannot be read, UsageError for an unknown target."""
    config = configuration(source.root)
    project = Project(
        _read(source),
        path=source.shown,
        root=source.root,
        file=source.file,
        build_args={**(config.build_args if config else {}), **request.build_args},
        target=request.target or (config.target if config else "") or None,
        digest_of=_known_digest,
    )
    if project.target:
        _check_target(project, project.target)
    return project


class SharedContexts:
    """The contexts that were read in this call: Dockerfiles of one folder share one, which may be large."""

    def __init__(self) -> None:
        self._first: dict[Path, Project] = {}

    def lend(self, project: Project) -> None:
        """Let a project share what others of its folder read, if that is what it would read itself."""
        if not _has_own_ignore_file(project):
            project.share_context(self._first.setdefault(project.root, project))


def configuration(folder: Path) -> Config | None:
    """The configuration of a project folder, None without any: its reader is imported only where needed."""
    if not os.path.isfile(folder / "jettison.toml") and not _mentions_jettison(folder / "pyproject.toml"):
        return None
    from jettison.config import load_config

    return load_config(folder)


def _known_digest(name: str) -> Known | None:
    from jettison.facts.digests import known_digest

    return known_digest(name)


def _context_folder(context: str | None) -> Path | None:
    if context is not None and not os.path.isdir(context):
        raise UsageError(
            f"--context {context}: {'not a folder' if os.path.exists(context) else 'no such folder'}"
        )
    return None if context is None else Path(context)


def _sources_of(path: str, root: Path | None) -> list[Source]:
    if path == "-":
        return [Source("-", None, root or Path())]
    if os.path.isdir(path):
        return [Source(shown, Path(shown), root or Path(path)) for shown in _in_folder(path)]
    if not os.path.lexists(path):
        raise CannotRun(f"{path}: no such file or folder")
    return [Source(path, Path(path), root or Path(path).parent)]


def _in_folder(folder: str) -> list[str]:
    try:
        entries = sorted(os.scandir(folder), key=lambda entry: (entry.name != "Dockerfile", entry.name))
    except OSError as problem:
        raise CannotRun(f"{folder}: cannot be read: {problem.strerror}") from None
    config = configuration(Path(folder))
    names = [config.dockerfile] if config and config.dockerfile else []
    names += [entry.name for entry in entries if _is_dockerfile(entry.name) and not os.path.isdir(entry)]
    if not names:
        raise CannotRun(f"{folder}: {_why_none(entries)}", _elsewhere(folder))
    return [name if folder == "." else os.path.join(folder, name) for name in dict.fromkeys(names)]


def _is_dockerfile(name: str) -> bool:
    stem, _, suffix = name.partition(".")
    if stem in ("Dockerfile", "Containerfile"):
        return not name.endswith((".dockerignore", ".md", "~", ".orig", ".rej", ".swp"))
    return name == "dockerfile" or (suffix != "" and name.lower().endswith((".dockerfile", ".containerfile")))


def _why_none(entries: list[os.DirEntry[str]]) -> str:
    if any(entry.name == "Dockerfile" for entry in entries):
        return "its Dockerfile is a folder"
    return "no Dockerfile in this folder"


def _elsewhere(folder: str) -> str:
    """A hint that names Dockerfiles up to two folders deeper."""
    found: list[str] = []
    for here, folders, files in os.walk(folder):
        depth = 0 if here == folder else os.path.relpath(here, folder).count(os.sep) + 1
        folders[:] = sorted(set(folders) - _PRUNED)[:200] if depth < 2 else []
        found += [os.path.relpath(os.path.join(here, name)) for name in sorted(files) if _is_dockerfile(name)]
        if len(found) > 3:
            break
    if not found:
        return "name a Dockerfile, or the folder of one"
    return f"there is {', '.join(found[:3])}{' and more' if len(found) > 3 else ''}"


def _read(source: Source) -> bytes:
    try:
        if source.file is None:
            data = sys.stdin.buffer.read(LARGEST + 1)
        else:
            data = _read_file(source.file)
    except OSError as problem:
        raise CannotRun(f"{source.shown}: cannot be read: {problem.strerror}") from None
    if len(data) > LARGEST:
        raise CannotRun(
            f"{source.shown}: larger than {LARGEST // 10**6} MB, which is no Dockerfile that can be built",
            "check the path; large content belongs into files that COPY brings in",
        )
    return data


def _read_file(path: Path) -> bytes:
    with open(path, "rb") as file:
        known = os.fstat(file.fileno())
        if stat.S_ISREG(known.st_mode) and known.st_size > LARGEST:
            return bytes(LARGEST + 1)
        return file.read(LARGEST + 1)


def _has_own_ignore_file(project: Project) -> bool:
    return project.file is not None and os.path.lexists(f"{project.file}.dockerignore")


def _mentions_jettison(path: Path) -> bool:
    try:
        return b"jettison" in path.read_bytes()
    except OSError:
        return False


def _check_target(project: Project, target: str) -> None:
    stages = project.dockerfile.stages
    names = [stage.name for stage in stages if stage.name]
    if stages and target.lower() not in names and not (target.isdigit() and int(target) < len(stages)):
        hint = f"stages with a name: {', '.join(names)}" if names else "no stage has a name"
        raise UsageError(f"{project.path}: there is no stage {target!r}", hint)
