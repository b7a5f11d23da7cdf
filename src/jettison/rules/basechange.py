"""What rules that change a base have in common: why it stays, what may differ."""

from __future__ import annotations

from jettison.dockerfile import Stage
from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.findings import Allowance
from jettison.project import Project


def why_base_stays(project: Project, stage: Stage) -> str:
    """Why the base of a stage is not for a rewrite to change, whatever the new one is; "" when nothing says
    so."""
    reference = Reference.parse(project.base_of(stage))
    if reference.digest:
        return "it is pinned by digest, and the other image has another"
    if reference.windows:
        return "it is a Windows image"
    if any(part.startswith("onbuild") for part in reference.variants):
        return "its ONBUILD triggers run in this build, and the other image has others or none"
    for each in project.dockerfile.below(stage):
        for instruction in each.instructions:
            if instruction.keyword == "ONBUILD":
                return f"line {instruction.start_line} is ONBUILD: what is built on this image is not known"
    return ""


def other_system(*also: str) -> Allowance:
    """What differs between two builds of one language image: the system, what the image compiled itself, and
    the patch that it says it is.

    `also` are globs that may vanish, appear and change besides.
    """
    differ = load("slim-images")["differ"]
    paths = (*differ["system"], *differ["built"], *also)
    return Allowance(vanish=paths, appear=paths, change=paths, config=tuple(differ["config"]))
