"""Packages of the project have no build for musl, which Alpine stands on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, TypedDict

from jettison.facts.bases import Reference
from jettison.findings import Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule

if TYPE_CHECKING:
    from jettison.context.locks import Pinned


@rule("JT004")
def alpine_musl_risk(project: Project) -> Iterator[Finding]:
    """Packages of the project have no build for musl, which Alpine stands on.

    What:
        A stage on an Alpine tag of python or node, and a lock or requirements file with packages that have no
        musllinux wheel, or no prebuilt program for musl.

    Why:
        pip then compiles them from source: minutes instead of seconds, with a compiler that the image does
        not have. torch, tensorflow and scikit-learn do not build at all. Most packages do have wheels by
        now, so the answer is computed from the packages, not from the word Alpine.

    How it is fixed:
        The `-slim` tag of the same version has glibc, for which there are wheels. All stages on -alpine tags
        of that image move together; apk, adduser and addgroup become apt-get, useradd and groupadd, by a
        table of names and options. Programs of BusyBox that the slim image has not (wget, ps, unzip, ...) are
        installed first. Applied once a real build agrees, which needs one of before: where that fails, the
        change is shown only.

    When not:
        Packages that are in neither list are unknown, and not told. A stage in which nothing is installed.
        The fix is refused, with the reason, for a package whose Debian name is not known or whose version is
        pinned, for programs that only BusyBox has so (nc, vi, crond, ...), for shell text that Debian's sh
        does not read, where programs are copied from or to a stage that stays on musl, and for digests.

    References:
        https://peps.python.org/pep-0656/
        https://github.com/docker-library/docs/issues/904
    """
    for stage in project.dockerfile.stages:
        if stage.base_stage is not None or "alpine" not in project.base_of(stage):
            continue
        reference = Reference.parse(project.base_of(stage))
        if not reference.musl or reference.repository not in ("python", "node"):
            continue
        if not any(i.keyword == "RUN" for i in stage.instructions):
            continue
        from jettison.context.locks import node_packages, python_packages
        from jettison.facts import load

        missing = _without_wheel(project) if reference.repository == "python" else None
        if missing is None:
            read = python_packages if reference.repository == "python" else node_packages
            none = load("musl")[reference.repository]["none"]
            missing = [each for each in read(project.context) if each.name in none]
        if not missing:
            continue
        names = ", ".join(list(dict.fromkeys(each.name for each in missing))[:8])
        yield Finding(
            stage.from_.span,
            f"{names} ({missing[0].file}) cannot be had for musl, which the Alpine tag has: the install "
            "compiles for minutes, or fails",
            Saving(seconds=300),
            **_offer(project, reference),
        )


class _Offer(TypedDict, total=False):
    fix: Fix
    refused: str


def _offer(project: Project, reference: Reference) -> _Offer:
    """The move to the slim tag, or why it is not certain."""
    from jettison.facts import load
    from jettison.rules.basechange import other_system
    from jettison.rules.fromalpine import Untranslatable, makes_users_without_number, to_slim

    try:
        edits = to_slim(project, reference.repository)
    except Untranslatable as problem:
        return {"refused": str(problem)}
    also = load("alpine")["differ"]["also"]
    if makes_users_without_number(project, reference.repository):
        also = [*also, "*"]
    title = f"Start from the -slim tag of {reference.repository}: the same version with glibc"
    return {"fix": Fix(title, edits, Safety.PROVEN, allows=other_system(*also))}


def _without_wheel(project: Project) -> list[Pinned] | None:
    """The packages for which a lock file names wheels for glibc and none for musl; None when no lock names
    any."""
    from jettison.context.locks import Pinned
    from jettison.context.lockwheels import locked_for_musl

    file, builds = locked_for_musl(project.context)
    return [Pinned(name, file) for name, fine in builds.items() if not fine] if file else None
