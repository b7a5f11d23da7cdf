"""The version of the Dockerfile frontend that a `# syntax=` line asks for."""

from __future__ import annotations

import re
from typing import NamedTuple

from jettison.project import Project

_LINE = re.compile(r"docker/dockerfile[^:]*:(\d+)(?:\.(\d+))?(?:\.\d+)?(-labs\b)?")


class Frontend(NamedTuple):
    """A version of docker/dockerfile; `minor` is None for a tag like `1`, which is the newest 1.x where it
    was fetched."""

    major: int
    minor: int | None
    labs: bool

    def older(self, minor: int) -> bool:
        """True when it is certainly older than 1.`minor`."""
        return self.major < 1 or (self.major == 1 and self.minor is not None and self.minor < minor)


def frontend(project: Project) -> Frontend | None:
    """What the `# syntax=` line names; None without one, and for another frontend: it is the engine's own, or
    unknown."""
    syntax = next((d.value for d in project.dockerfile.directives if d.name == "syntax"), "")
    found = _LINE.search(syntax)
    return found and Frontend(int(found[1]), int(found[2]) if found[2] else None, bool(found[3]))


def too_old(project: Project, minor: int) -> bool:
    """True when the `# syntax=` line asks for a frontend before docker/dockerfile 1.`minor`."""
    asked = frontend(project)
    return asked is not None and asked.older(minor)
