"""A COPY takes everything of a builder stage."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile.stages import find_stage
from jettison.facts.bases import Reference, base_megabytes
from jettison.findings import Finding, Saving
from jettison.project import Project
from jettison.rules import rule

_EVERYTHING = ("/", "/.", "/*", ".", "./", "*", "./*", "/usr", "/usr/", "usr", "usr/")
"""Sources of `--from` are relative to the root of the stage, whatever its WORKDIR."""


@rule("JT403", aliases=("DL3067",))
def copies_whole_stage(project: Project) -> Iterator[Finding]:
    """A COPY takes everything of a builder stage.

    What:
        `COPY --from=build / /` (or of /usr, or of `.`, which is the root too) in a stage that ships, from a
        stage on another base than scratch.

    Why:
        The compiler, the package lists and the caches of the builder come along: the image has two systems in
        it, and the separation into stages saves nothing.

    How it is fixed:
        Not automatically: what of it is needed is not written down. `single-stage-build` shows the form for
        the languages it knows.

    When not:
        In a stage on scratch it flattens an image, which is a way to get one layer. Stages on scratch that
        hold only an artefact are meant to be copied whole.

    References:
        https://docs.docker.com/build/building/multi-stage/
    """
    for stage in project.shipped:
        for copy in stage.instructions:
            origin = copy.flag("from") if copy.keyword == "COPY" else None
            if origin is None or not origin.value or not any(w.text in _EVERYTHING for w in copy.sources):
                continue
            builder = find_stage(origin.value, project.dockerfile.stages[: stage.index])
            if (
                builder is None
                or project.base_of(builder) == "scratch"
                or project.base_of(stage) == "scratch"
            ):
                continue
            size = base_megabytes(Reference.parse(project.base_of(builder)))
            yield Finding(
                copy.span,
                f"everything of the stage {origin.value} comes along, its base of about {size} MB included",
                Saving(bytes=size * 1_000_000),
                refused="what of it the image needs is not written down: name the program and its files",
            )
