"""The last stage stands on a compiler's image."""

from __future__ import annotations

import re
from collections.abc import Iterator
from fnmatch import fnmatchcase

from jettison.dockerfile import Stage
from jettison.dockerfile.edit import replace
from jettison.facts.bases import Reference, base_facts, base_megabytes
from jettison.findings import Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule


@rule("JT002")
def compiler_base_shipped(project: Project) -> Iterator[Finding]:
    """The last stage stands on a compiler's image.

    What:
        A Dockerfile with several stages whose last one starts FROM an image that is made for compiling:
        golang, rust, gcc, maven, gradle, an SDK, a JDK. For SDKs and JDKs also the only stage, when no RUN is
        in it: a program that was built elsewhere.

    Why:
        The builder stage is there already, and the image still ships the compiler: everything that the
        separation was to save.

    How it is fixed:
        Not automatically: what the program needs to run is not written down where the last stage is on the
        compiler's image. The runtime image of the language is named. For eclipse-temurin the `-jre` tag is
        suggested: what a program loads of the JDK by reflection (jdk.compiler, attach) no text says.

    When not:
        A single stage is told by `single-stage-build`. A last stage that compiles itself, for development, is
        left alone, and so is one that is built FROM an earlier stage.

    References:
        https://docs.docker.com/build/building/multi-stage/
    """
    stage = project.final_stage
    if stage is None or stage.base_stage is not None:
        return
    reference = Reference.parse(project.base_of(stage))
    if any(i.keyword == "RUN" for i in stage.instructions):
        return
    if base_facts(reference.repository) is None:
        yield from _sdk(project, stage, reference)
        return
    if len(project.dockerfile.stages) < 2:
        return
    facts = base_facts(reference.repository)
    if facts is None or facts.purpose != "compiler" or reference.windows:
        return
    if not any(i.keyword == "COPY" and i.flag("from") for i in stage.instructions):
        return
    size = base_megabytes(reference)
    yield Finding(
        stage.from_.span,
        f"the last stage stands on {reference.repository}, about {size} MB that only a build needs",
        Saving(bytes=size * 1_000_000),
        refused="what the program needs beside itself is not certain here; a -slim, distroless or runtime "
        "image of the same release is the usual place for it",
    )


def _sdk(project: Project, stage: Stage, reference: Reference) -> Iterator[Finding]:
    """The same for images that only the table of SDKs knows."""
    from jettison.facts import load

    row = next((row for row in load("sdk-images")["sdk"] if reference.repository in row["images"]), None)
    if row is None or reference.windows or any(fnmatchcase(reference.tag, tag) for tag in row["not_tags"]):
        return
    if not any(i.keyword in ("COPY", "ADD") for i in stage.instructions):
        return
    starts = [i.args for i in stage.instructions if i.keyword in ("CMD", "ENTRYPOINT", "HEALTHCHECK")]
    words = set(re.findall(r"[\w.+-]+", " ".join(starts)))
    if not starts or not words.isdisjoint(row["tools"]):
        return
    word = stage.from_.words[0]
    saving = Saving(bytes=row["mb"] * 1_000_000)
    message = f"{reference.repository} is made for building, about {row['mb']} MB that no program here needs"
    plain = re.fullmatch(r"\d[\w.+]*(-jdk)?", reference.tag) and word.text.endswith(f":{reference.tag}")
    if not plain or "suffix" not in row or reference.digest:
        yield Finding(word.span, message, saving, refused=f"what runs it is {row['instead']}")
        return
    written = word.text.removesuffix("-jdk") + row["suffix"]
    fix = Fix(f"Start from {row['instead']}", (replace(word, written),), Safety.SUGGEST)
    yield Finding(word.span, message, saving, fix)
