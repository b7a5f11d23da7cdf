"""A program is linked to a newer glibc than the image has that it runs in."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.facts import load
from jettison.facts.bases import Reference, debian_suite
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT005")
def glibc_too_old_at_runtime(project: Project) -> Iterator[Finding]:
    """A program is linked to a newer glibc than the image has that it runs in.

    What:
        `COPY --from` of a dynamically linked program from a builder on a newer Debian release than the stage
        that it is copied into.

    Why:
        "version `GLIBC_2.38' not found": the program does not start. It comes by itself when a tag such as
        `golang:1.27` moves to the next release while `debian:bookworm-slim` stays.

    How it is fixed:
        Not automatically: the builder's tag with the name of the runtime's release, or the other way round.
        As the image of before does not start, no build can confirm it.

    When not:
        Static programs, and releases that are not known.

    References:
        https://sourceware.org/glibc/wiki/Glibc%20Timeline
    """
    stage = project.final_stage
    if stage is None or len(project.dockerfile.stages) < 2:
        return
    runtime = debian_suite(Reference.parse(project.base_of(stage)))
    glibc = load("base-images")["glibc"]
    if runtime not in glibc:
        return
    from jettison.stages.linking import copied_programs

    for copied in copied_programs(project, stage):
        suite = debian_suite(Reference.parse(project.base_of(copied.builder)))
        if suite not in glibc or not copied.dynamic(project):
            continue
        if _version(glibc[suite]) > _version(glibc[runtime]):
            yield Finding(
                copied.copy.span,
                f"{copied.built.path} is linked to glibc {glibc[suite]} ({suite}), and {stage.base} has "
                f"{glibc[runtime]} ({runtime}): it may not start",
                refused=f"put {suite} or {runtime} into both tags: which release is meant is yours to say",
            )


def _version(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split("."))
