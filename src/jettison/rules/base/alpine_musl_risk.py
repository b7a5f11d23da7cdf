"""Packages of the project have no build for musl, which Alpine stands on."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.facts.bases import Reference
from jettison.findings import Finding, Saving
from jettison.project import Project
from jettison.rules import rule


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
        Not automatically: the `-slim` tag of the same version has glibc, for which there are wheels. As the
        image of before does not build, there is nothing to compare with.

    When not:
        Packages that are in neither list are unknown, and not told. A stage in which nothing is installed.

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

        read = python_packages if reference.repository == "python" else node_packages
        none = load("musl")[reference.repository]["none"]
        missing = [each for each in read(project.context) if each.name in none]
        if not missing:
            continue
        names = ", ".join(dict.fromkeys(each.name for each in missing))
        twin = reference.tag.partition("-alpine")[0]
        tag = f"{twin}-slim" if twin and twin != "alpine" else "slim"
        yield Finding(
            stage.from_.span,
            f"{names} ({missing[0].file}) cannot be had for musl, which the Alpine tag has: the install "
            "compiles for minutes, or fails",
            Saving(seconds=300),
            refused=f"{reference.repository}:{tag} has glibc; as nothing can be installed before, no build "
            "can confirm the exchange",
        )
