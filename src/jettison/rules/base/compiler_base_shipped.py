"""The last stage stands on a compiler's image."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.facts.bases import Reference, base_facts, base_megabytes
from jettison.findings import Finding, Saving
from jettison.project import Project
from jettison.rules import rule


@rule("JT002")
def compiler_base_shipped(project: Project) -> Iterator[Finding]:
    """The last stage stands on a compiler's image.

    What:
        A Dockerfile with several stages whose last one starts FROM an image that is made for compiling:
        golang, rust, gcc, maven, gradle, an SDK.

    Why:
        The builder stage is there already, and the image still ships the compiler: everything that the
        separation was to save.

    How it is fixed:
        Not automatically: what the program needs to run is not written down where the last stage is on the
        compiler's image. The runtime image of the language is named.

    When not:
        A single stage is told by `single-stage-build`. A last stage that compiles itself, for development, is
        left alone, and so is one that is built FROM an earlier stage.

    References:
        https://docs.docker.com/build/building/multi-stage/
    """
    stage = project.final_stage
    if stage is None or len(project.dockerfile.stages) < 2 or stage.base_stage is not None:
        return
    reference = Reference.parse(project.base_of(stage))
    facts = base_facts(reference.repository)
    if facts is None or facts.purpose != "compiler" or reference.windows:
        return
    if not any(i.keyword == "COPY" and i.flag("from") for i in stage.instructions):
        return
    if any(i.keyword == "RUN" for i in stage.instructions):
        return
    size = base_megabytes(reference)
    yield Finding(
        stage.from_.span,
        f"the last stage stands on {reference.repository}, about {size} MB that only a build needs",
        Saving(bytes=size * 1_000_000),
        refused="what the program needs beside itself is not certain here; a -slim, distroless or runtime "
        "image of the same release is the usual place for it",
    )
