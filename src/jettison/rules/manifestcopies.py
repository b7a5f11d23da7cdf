"""The COPY instructions that bring manifests before an install: one for each folder, or one that keeps
folders."""

from __future__ import annotations

import posixpath

from jettison.dockerfile import Instruction
from jettison.project import Project
from jettison.rules.frontend import frontend
from jettison.rules.ordering import Copied

_MOST = 40
"""Folders with manifests, above which a COPY for each is no longer a Dockerfile that people read."""
_WORTH = 3
"""Folders from which on `COPY --parents` is the shorter way to say it."""

Pairs = list[tuple[str, str]]
"""Context paths, folders with a final `/`, each with its absolute place in the image."""


def manifest_copies(project: Project, moved: Copied, first: Pairs) -> list[str] | str:
    """COPY instructions for the manifests `first`, written as the COPY that brought them is; the reason why
    there would be too many.
    """
    copy = moved.instruction
    flags = "".join(f" {project.dockerfile.text(f.span)}" for f in copy.flags if f.name != "exclude")
    at = project.scope(copy).workdir
    folders: dict[str, list[str]] = {}
    lines: list[str] = []
    for path, target in first:
        if path.endswith("/"):
            lines.append(f"COPY{flags} {path.rstrip('/')} {_written(copy, at, target)}")
        else:
            folders.setdefault(posixpath.dirname(target), []).append(path)
    if keeps_parents(project, moved, first):
        here = folders.pop(moved.dest, [])
        below = _patterns(project, [path for paths in folders.values() for path in paths])
        top = [f"COPY{flags} {' '.join(here)} {_written(copy, at, moved.dest)}"] if here else []
        return [*top, f"COPY --parents{flags} {' '.join(below)} {_written(copy, at, moved.dest)}", *lines]
    if len(folders) > _MOST:
        return f"its manifests lie in {len(folders)} folders, and each would want a COPY"
    named = [
        f"COPY{flags} {' '.join(paths)} {_written(copy, at, folder)}" for folder, paths in folders.items()
    ]
    return [*named, *lines]


def keeps_parents(project: Project, moved: Copied, first: Pairs) -> bool:
    """True when one `COPY --parents` says it all: the frontend has it, and the image has the folders of the
    context.

    It came with the labs channel of docker/dockerfile 1.7 and is in every version from 1.20 on
    (moby/buildkit#6282). A `# syntax=` line without a minor version may be an older one from a mirror, and
    without any line it is the engine's own, which is not known.
    """
    files = [(path, target) for path, target in first if not path.endswith("/")]
    if moved.folder != "" or any(posixpath.join(moved.dest, path) != target for path, target in files):
        return False
    if len({posixpath.dirname(path) for path, _ in files} - {""}) < _WORTH:
        return False
    asked = frontend(project)
    if asked is None or (asked.minor is None and not asked.labs):
        return False
    return not asked.older(7 if asked.labs else 20)


def _patterns(project: Project, paths: list[str]) -> list[str]:
    """The paths, with `*` for the folder where that means the same files of the context."""
    found: dict[str, None] = {}
    left = dict.fromkeys(paths)
    for path in paths:
        place, name = posixpath.split(path)
        pattern = posixpath.join(posixpath.dirname(place), "*", name)
        matched = [file.path for file in project.context.match(pattern)]
        if len(matched) > 1 and all(each in left for each in matched):
            found[pattern] = None
        else:
            found[path] = None
    return list(found)


def _written(copy: Instruction, at: str, target: str) -> str:
    """A folder of the image as the COPY writes its own: relative to WORKDIR, or absolute."""
    dest = copy.dest.text if copy.dest is not None else "."
    if dest.startswith("/"):
        return target.rstrip("/") + "/"
    below = posixpath.relpath(target, at)
    return "./" if below == "." else f"./{below}/" if dest.startswith(".") else f"{below}/"
