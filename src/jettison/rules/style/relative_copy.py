"""A COPY goes to a folder that is not known."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT670", aliases=("DL3045",), default=False)
def relative_copy(project: Project) -> Iterator[Finding]:
    """A COPY goes to a folder that is not known.

    What:
        A COPY or ADD to a relative destination before any WORKDIR of its stage.

    Why:
        Where it leads depends on the base image.

    How it is fixed:
        Not automatically: the folder of the base image is not known here.

    When not:
        After a WORKDIR, also one of a stage that it is built FROM.

    References:
        https://github.com/hadolint/hadolint/wiki/DL3045
    """
    for stage in project.dockerfile.stages:
        chain = [stage]
        while chain[-1].base_stage is not None:
            chain.append(project.dockerfile.stages[chain[-1].base_stage])
        if any(i.keyword == "WORKDIR" for each in chain[1:] for i in each.instructions):
            continue
        for instruction in stage.instructions:
            if instruction.keyword == "WORKDIR":
                break
            if instruction.keyword not in ("COPY", "ADD") or instruction.error or instruction.dest is None:
                continue
            dest = instruction.dest.text.strip("\"'")
            if not dest.startswith(("/", "$", "\\", "C:", "c:")):
                yield Finding(
                    instruction.span,
                    f"{dest} is relative to the folder of {chain[-1].base}, whatever that is",
                    refused="the folder of the base image is not known here",
                )
