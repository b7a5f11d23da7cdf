"""A program is linked to a newer glibc than the image has that it runs in."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.dockerfile import Stage
from jettison.facts.bases import Reference
from jettison.findings import Allowance, Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule

if TYPE_CHECKING:
    from jettison.facts.releases import Release
    from jettison.stages.linking import Copied

_TAIL = re.compile(r"(-slim|-minimal)?|(/ubi(-minimal|-init|-micro)?)?(:latest)?")
"""What may follow a release in the name of a system image; a date or a minor release is another image."""


@rule("JT005")
def glibc_too_old_at_runtime(project: Project) -> Iterator[Finding]:
    """A program is linked to a newer glibc than the image has that it runs in.

    What:
        `COPY --from` of a dynamically linked program from a builder on a newer release of Debian, Ubuntu,
        RHEL (UBI, Rocky, Alma, Oracle, CentOS) or Amazon Linux than the stage that it is copied into.

    Why:
        "version `GLIBC_2.38' not found": the program does not start. It comes by itself when a tag such as
        `golang:1.27` moves to the next release while `debian:bookworm-slim` stays.

    How it is fixed:
        The builder's tag names the runtime's release where the image is built for it
        (`golang:1.27-bookworm`), so that what is shipped beside the program stays. Else the runtime goes to
        the builder's release, where both are releases of one system. Applied once real builds agree; where
        the program did not start before, none can: the proof then says that behaviour differs.

    When not:
        Static programs, and releases that are not known. Bases that are pinned by digest or come out of
        variables, stages that other builds stand on, and builders for which no such tag is known are left to
        you.

    References:
        https://sourceware.org/glibc/wiki/Glibc%20Timeline
    """
    stage = project.final_stage
    if stage is None or len(project.dockerfile.stages) < 2:
        return
    if not any(i.keyword == "COPY" and i.flag("from") for i in stage.instructions):
        return
    from jettison.facts.releases import release_of
    from jettison.stages.linking import copied_programs

    runtime = release_of(Reference.parse(project.base_of(stage)))
    if runtime is None:
        return
    for copied in copied_programs(project, stage):
        builder = release_of(Reference.parse(project.base_of(copied.builder)))
        if builder is None or builder.glibc_parts <= runtime.glibc_parts or not copied.dynamic(project):
            continue
        fix = _lowered(project, copied, runtime) or _raised(project, builder, runtime)
        yield Finding(
            copied.copy.span,
            f"{copied.built.path} is linked to glibc {builder.glibc} ({builder.shown}), and {stage.base} has "
            f"{runtime.glibc} ({runtime.shown}): it may not start",
            fix=fix if isinstance(fix, Fix) else None,
            refused=fix if isinstance(fix, str) else None,
        )


def _lowered(project: Project, copied: Copied, release: Release) -> Fix | None:
    """The builder on the runtime's release; None where no such image is known."""
    from jettison.dockerfile.edit import replace
    from jettison.facts.releases import by_name, is_built
    from jettison.facts.slim import with_tag
    from jettison.rules.basechange import why_base_stays

    stage = _origin(project, copied.builder)
    reference = Reference.parse(stage.base)
    words = reference.tag.split("-") if reference.tag != "latest" else []
    version = "" if not words or by_name(words[0]) else words[0]
    rest = [word for word in words if word != version and by_name(word) is None]
    if "$" in stage.base or rest not in ([], [""], ["slim"]) or _is_system(reference):
        return None
    if not is_built(reference.repository, version, release) or why_base_stays(project, stage):
        return None
    tag = "-".join(part for part in (version, *rest, release.name) if part)
    dest = copied.copy.dest.text if copied.copy.dest is not None else ""
    path = posixpath.normpath(posixpath.join(project.scope(copied.copy).workdir, dest))
    return Fix(
        f"Build on {release.shown}, which the program runs on: {reference.repository}:{tag}",
        (replace(stage.from_.words[0], with_tag(stage.base, tag)),),
        Safety.PROVEN,
        allows=Allowance(change=(path, f"{path.rstrip('/')}/*")),
    )


def _raised(project: Project, builder: Release, runtime: Release) -> Fix | str:
    """The runtime on the builder's release, or why it stays."""
    from jettison.dockerfile.edit import replace
    from jettison.rules.basechange import other_system, why_base_stays

    stage = project.shipped[0]
    reference = Reference.parse(stage.base)
    if reason := why_base_stays(project, stage):
        return reason
    if builder.system != runtime.system or not _is_system(reference) or "$" in stage.base:
        return f"put {builder.shown} or {runtime.shown} under both: no tag that does it is known here"
    word = stage.base
    for old, new in ((runtime.name, builder.name), (runtime.number, builder.number)):
        head, found, tail = word.rpartition(old) if old else ("", "", "")
        if found and head.endswith((":", "/ubi")) and _TAIL.fullmatch(tail):
            return Fix(
                f"Run on {builder.shown}, which the program was built on: {head}{new}{tail}",
                (replace(stage.from_.words[0], head + new + tail),),
                Safety.PROVEN,
                allows=other_system(),
            )
    return f"put {builder.shown} or {runtime.shown} into both tags: {word} names its release in its own way"


def _origin(project: Project, stage: Stage) -> Stage:
    """The stage whose FROM names the image that a stage stands on in the end."""
    while stage.base_stage is not None:
        stage = project.dockerfile.stages[stage.base_stage]
    return stage


def _is_system(reference: Reference) -> bool:
    """True for an image that is the distribution itself and nothing more."""
    from jettison.facts import load

    return reference.repository in load("releases")["image"] or "/ubi" in f"/{reference.repository}"
