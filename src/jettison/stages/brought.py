"""The files of the context that COPYs bring into a stage, with where they go."""

from __future__ import annotations

import posixpath
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from jettison.stages import Refusal

if TYPE_CHECKING:
    from jettison.dockerfile import Instruction, Stage
    from jettison.project import Project


def brought(project: Project, copies: Iterable[tuple[Instruction, str]]) -> Iterator[tuple[str, str]]:
    """Path in the context and path in the image of every file; `copies` are COPYs with their destination.

    Raises Refusal for a COPY whose result is not certain.
    """
    for copy, dest in copies:
        if copy.flag("parents") is not None or copy.flag("exclude") is not None or copy.dest is None:
            raise Refusal(f"what line {copy.start_line} copies is not certain")
        folder = copy.dest.text.endswith(("/", ".")) or len(copy.sources) > 1
        into = folder or dest == project.scope(copy).workdir
        for word in copy.sources:
            source = posixpath.normpath("/" + word.text)[1:]
            for file in project.context.match(word.text):
                if file.path == source:
                    yield file.path, posixpath.join(dest, posixpath.basename(source)) if into else dest
                elif any(char in source for char in "*?["):
                    yield file.path, posixpath.join(dest, posixpath.basename(file.path))
                else:
                    yield file.path, posixpath.join(dest, posixpath.relpath(file.path, source or "."))


def copies_before(project: Project, stage: Stage, run: Instruction) -> Iterator[tuple[Instruction, str]]:
    """The COPYs of the context above a RUN, each with its absolute destination."""
    for copy in stage.instructions:
        if copy.span.start >= run.span.start:
            return
        plain = copy.keyword == "COPY" and copy.flag("from") is None and not copy.heredocs and not copy.error
        if plain and copy.dest is not None and "$" not in copy.dest.text:
            yield copy, posixpath.normpath(posixpath.join(project.scope(copy).workdir, copy.dest.text))
