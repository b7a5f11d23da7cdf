"""The repository around the pipelines: which Dockerfile a build step means, and what that one needs."""

from __future__ import annotations

import os
import posixpath
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import NamedTuple

from jettison.ci.choice import BACKENDS, Choice, choose
from jettison.ci.needs import Needs, needs_of
from jettison.ci.wanted import Wanted
from jettison.ci.yamlfile import Unclear
from jettison.errors import JettisonError
from jettison.project import Project

_LARGEST = 4_000_000


class Asked(NamedTuple):
    """What the call says about all pipelines."""

    backend: str = ""
    mode: str = ""
    image: str = ""
    branch: str = "main"
    install: str = ""


class Site:
    """A repository. `project` is that of the call; other Dockerfiles are read when a step names them."""

    def __init__(
        self,
        root: Path,
        asked: Asked,
        project: Project | None = None,
        choose_for: Callable[[Needs, bool], Choice] | None = None,
    ) -> None:
        self.root, self.asked, self.project = root, asked, project
        self._choose_for = choose_for
        self._needs: dict[tuple[str, str, str], Needs] = {}

    def wanted(
        self,
        provider: str,
        dockerfile: str,
        context: str,
        target: str = "",
        platforms: Iterable[str] = (),
        *,
        image: str = "",
        backends: tuple[str, ...] = BACKENDS,
    ) -> Wanted:
        """What the pipeline of one build has to do; `image` is the repository it pushes to. Raises Unclear
        when the Dockerfile is not here or cannot be read."""
        needs = self.needs(dockerfile, context, target)
        if self._choose_for is not None and self._is_asked_about(dockerfile):
            choice = self._choose_for(needs, bool(image))
        else:
            asked = self.asked
            choice = choose(provider, needs, backend=asked.backend, mode=asked.mode, pushes=bool(image))
        if choice.backend not in backends:
            choice = choice._replace(backend=backends[0], why_backend="nothing else can be used there")
        return Wanted(
            dockerfile, context, target, tuple(platforms), image, self.asked.branch, choice, needs, ""
        )

    def needs(self, dockerfile: str, context: str, target: str) -> Needs:
        """What a Dockerfile of the repository needs."""
        key = (dockerfile, context, target)
        if key not in self._needs:
            self._needs[key] = self._read(*key)
        return self._needs[key]

    def _read(self, dockerfile: str, context: str, target: str) -> Needs:
        file, folder = self.root / dockerfile, self.root / context
        inside = os.path.realpath(self.root)
        if not os.path.realpath(file).startswith(inside) or not os.path.realpath(folder).startswith(inside):
            raise Unclear(f"{dockerfile} is not in this repository")
        if not file.is_file() or not folder.is_dir():
            raise Unclear(f"there is no {dockerfile if not file.is_file() else context} in this repository")
        if file.stat().st_size > _LARGEST:
            raise Unclear(f"{dockerfile} is too large for a Dockerfile")
        try:
            project = Project(
                file.read_bytes(), path=dockerfile, root=folder, file=file, target=target or None
            )
            if project.dockerfile.errors:
                line = project.dockerfile.position(project.dockerfile.errors[0].span.start).line
                raise Unclear(f"{dockerfile}:{line}: {project.dockerfile.errors[0].message}")
            return needs_of(project)
        except OSError as problem:
            raise Unclear(f"{dockerfile} cannot be read: {problem.strerror}") from None
        except JettisonError as problem:
            raise Unclear(f"{dockerfile}: {problem.message}") from None

    def _is_asked_about(self, dockerfile: str) -> bool:
        if self.project is None or self.project.file is None:
            return False
        return os.path.realpath(self.root / dockerfile) == os.path.realpath(self.project.file)


def normal(path: str) -> str:
    """A relative path in its shortest form, `.` for the root. Raises Unclear for one that leads outside."""
    clean = posixpath.normpath(path or ".")
    if clean.startswith(("/", "..")):
        raise Unclear(f"{path} lies outside the repository")
    return clean
