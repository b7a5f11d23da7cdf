"""Which commits touched which files of a build context, from its git history."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from jettison.project import Project

_LAST = 200
_SECONDS = 5.0


class Touched(NamedTuple):
    """The last commits that touched a folder, along first parents.

    `paths` are relative to the folder, those that exist no more too; bit h of their number is set when commit
    h touched them, and h is less than `commits`.
    """

    commits: int
    paths: Mapping[str, int]

    def by(self, paths: Iterable[str]) -> int:
        """The commits that touched any of these paths, as a bitset."""
        found = 0
        for path in paths:
            found |= self.paths.get(path, 0)
        return found


NOTHING = Touched(0, {})
_KEY = "touched"


def touched(project: Project) -> Touched:
    """The history of a project's context, read once; see `read`."""
    return project.once(_KEY, lambda: read(project.root))


def may_be_known(project: Project) -> bool:
    """False where there is no repository, so that nothing has to be asked."""
    return project.knows(_KEY) or project.once("repository", lambda: _in_repository(project.root))


def known(project: Project) -> Touched | None:
    """The history of a project's context when something has read it; None when nothing has, or when there is
    none."""
    found: Touched = project.once(_KEY, lambda: NOTHING) if project.knows(_KEY) else NOTHING
    return found if found.commits else None


def read(root: Path, last: int = _LAST) -> Touched:
    """The last commits that touched what lies below a folder; none without git, without a repository, or when
    git fails or takes longer than 5 s.

    A merge counts for what it changed against its first parent. The first commit of all, and that where a
    shallow clone ends, is none of them: it shows every file as new.
    """
    if not _in_repository(root):
        return NOTHING
    from jettison.cache.gittree import git
    from jettison.errors import JettisonError

    words = ["--first-parent", "-m", "--no-renames", "--no-ext-diff", "--no-show-signature", "--relative"]
    words += ["--name-only", "-z", "--format=%x01%P%x01", f"--max-count={last}", "--", "."]
    try:
        done = git(root, "log", *words, timeout=_SECONDS)
    except (JettisonError, OSError):
        return NOTHING
    parts = done.stdout.split(b"\x01")[1:] if done.ok else []
    commits, paths = 0, dict[str, int]()
    for parents, names in zip(parts[::2], parts[1::2], strict=False):
        if parents:
            for name in {part.strip(b"\n") for part in names.split(b"\0")} - {b""}:
                path = name.decode("utf-8", "surrogateescape")
                paths[path] = paths.get(path, 0) | 1 << commits
            commits += 1
    return Touched(commits, paths)


def _in_repository(root: Path) -> bool:
    """True below a folder with a `.git`: no program has to be started to know that there is none."""
    place = os.path.abspath(root)
    while not os.path.exists(os.path.join(place, ".git")):
        above = os.path.dirname(place)
        if above == place:
            return False
        place = above
    return True
