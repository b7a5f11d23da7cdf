"""A COPY of the sources before an install: what it brings, and whether it can go past what follows it."""

from __future__ import annotations

import posixpath
from functools import cache
from typing import NamedTuple

from jettison.context.gopath import has_wildcard
from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.installs import needs
from jettison.project import Project
from jettison.rules.copies import Taken, is_archive, is_remote, taken
from jettison.rules.installing import before
from jettison.stages import covers

NEUTRAL = frozenset(("ENV", "ARG", "LABEL", "EXPOSE", "CMD", "ENTRYPOINT", "HEALTHCHECK", "USER", "SHELL"))
"""Instructions that a COPY without variables may pass."""


class Copied(NamedTuple):
    """A COPY of sources to `dest`, absolute; `folder` is the context folder that lies at `dest` afterwards,
    "" for the root, None for a COPY of single files."""

    instruction: Instruction
    sources: tuple[Taken, ...]
    folder: str | None
    dest: str

    def brings(self, project: Project, path: str) -> str | None:
        """The absolute image path that it puts a file or folder of the context at; None when it does not."""
        for source in self.sources:
            if self.folder is not None:
                inside = path == self.folder or covers("/" + self.folder, "/" + path)
                if not inside or not (
                    project.context.match(path, source.exclude) or _is_folder(project, path)
                ):
                    continue
                if source.exclude and not any(f.path == path for f in source.files(project.context)):
                    continue
                below = posixpath.relpath(path, self.folder or ".")
                return posixpath.normpath(posixpath.join(self.dest, below))
            if any(file.path == path for file in source.files(project.context)):
                return source.target(path, project.context)
        return None


def copied(project: Project, copy: Instruction) -> Copied | None:
    """A COPY that brings files of the context which may change with every edit; None for every other."""
    if copy.keyword not in ("COPY", "ADD") or copy.flag("from") or copy.heredocs or copy.json is not None:
        return None
    if copy.dest is None or copy.error or "$" in copy.args or copy.flag("parents"):
        return None
    sources = tuple(taken(project, copy))
    if len(sources) != len(copy.sources):
        return None
    if copy.keyword == "ADD" and any(is_archive(s.source) or is_remote(s.source) for s in sources):
        return None
    files = [file for source in sources for file in source.files(project.context)]
    dest = posixpath.normpath(posixpath.join(project.scope(copy).workdir, copy.dest.text))
    folder = posixpath.normpath("/" + sources[0].source).lstrip("/")
    whole = len(sources) == 1 and not has_wildcard(folder) and not any(f.path == folder for f in files)
    if not files or dest == "/" or (whole and len(files) < 2):
        return None
    if not whole and not any(_is_code(file.path) for file in files):
        return None
    return Copied(copy, sources, folder if whole else None, dest)


def crossed(project: Project, moved: Copied, later: Instruction) -> str:
    """Why the COPY cannot go past a COPY, ADD or WORKDIR; "" when it can."""
    dest = moved.instruction.dest
    if later.keyword == "WORKDIR":
        relative = dest is None or not dest.text.startswith("/")
        return f"WORKDIR of line {later.start_line} changes where the COPY goes" if relative else ""
    where = later.dest.text if later.dest is not None else ""
    path = posixpath.normpath(posixpath.join(project.scope(later).workdir, where))
    apart = not covers(moved.dest, path) and not covers(path, moved.dest)
    if moved.folder is None and "$" not in where and not apart:
        targets = {s.target(f.path, project.context) for s in moved.sources for f in s.files(project.context)}
        others = {
            s.target(f.path, project.context) for s in taken(project, later) for f in s.files(project.context)
        }
        apart = bool(others) and targets.isdisjoint(others)
    return "" if apart and "$" not in where else f"line {later.start_line} copies to the same place"


def independent(project: Project, run: Instruction) -> bool:
    """True for a RUN that reads and writes nothing of the context."""
    script = project.script(run)
    plain = script.ok and script.form == "shell" and not binds_context(run)
    return plain and all(needs(command).kind == "nothing" for command in script.commands)


def binds_context(run: Instruction) -> bool:
    """True for a RUN that sees files of the build context through a mount."""
    return any(mount.type == "bind" and "from" not in mount.options for mount in run.mounts)


def configures(project: Project, moved: Copied, at: Instruction) -> str:
    """Why what the COPY brings may be settings of a package manager; "" when it is not."""
    facts = load("install-reads")["configures"]
    for folder in facts["folders"]:
        below = posixpath.relpath(folder, moved.dest) if covers(moved.dest, folder) else ""
        inside = below and project.context.exists(posixpath.join(moved.folder or "", below))
        if covers(folder, moved.dest) or (inside and moved.folder is not None):
            return f"package managers read what lies in {folder}"
    home = project.scope(at).variables.get("HOME", "/root")
    if (
        moved.folder is not None
        and moved.dest == home.rstrip("/")
        and project.scope(at).workdir != moved.dest
    ):
        for name in facts["home"]:
            if project.context.exists(posixpath.join(moved.folder, name)):
                return f"package managers read {name} in {home}"
    return ""


def brought_before(project: Project, stage: Stage, moved: Copied, path: str, target: str) -> bool:
    """True when an earlier COPY, here or in a stage below, has put this file of the context there already."""
    for earlier in before(project, stage, moved.instruction):
        for source in taken(project, earlier):
            brought = any(file.path == path for file in source.files(project.context))
            if brought and source.target(path, project.context) == target:
                return True
    return False


def _is_folder(project: Project, path: str) -> bool:
    return bool(project.context.under(path))


def _is_code(path: str) -> bool:
    return posixpath.splitext(path)[1] in _suffixes() and posixpath.basename(path) not in _MANIFESTS


@cache
def _suffixes() -> frozenset[str]:
    families = load("ecosystems")["family"].values()
    return frozenset(suffix for family in families for suffix in family.get("sources", ()))


_MANIFESTS = frozenset(("setup.py", "mix.exs", "build.gradle.kts", "settings.gradle.kts", ".pnpmfile.cjs"))
