"""A COPY from another stage depends on the layers below it."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT208", default=False)
def copy_without_link(project: Project) -> Iterator[Finding]:
    """A COPY from another stage depends on the layers below it.

    What:
        `COPY --from` without `--link` in the last stage, above a base that changes.

    Why:
        With `--link` the layer keeps its key when the base below it is a new one. Only the containerd image
        store can do that: on the classic store `--link` does nothing (measured), and with `--chmod` it is
        switched off. So this is off unless asked for.

    How it is fixed:
        Not automatically: `--link` does not follow symlinks at the destination, which only the base image
        has.

    When not:
        COPY with --chmod or --chown by name, and destinations that may be links.

    References:
        https://docs.docker.com/reference/dockerfile/#copy---link
    """
    stage = project.final_stage
    for copy in stage.instructions if stage is not None else ():
        if copy.keyword != "COPY" or not copy.flag("from") or copy.flag("link") or copy.flag("chmod"):
            continue
        owner = copy.flag("chown")
        if owner is not None and not (owner.value or "").replace(":", "").isdigit():
            continue
        yield Finding(
            copy.span,
            "with --link this layer would outlive a new base image, on the containerd image store",
            refused="--link does not follow symlinks at the destination, which only the base image knows",
        )
