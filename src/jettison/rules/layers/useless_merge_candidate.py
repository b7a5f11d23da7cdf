"""RUNs stand one after the other."""

from __future__ import annotations

import itertools
from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT110", aliases=("DL3059",), default=False)
def useless_merge_candidate(project: Project) -> Iterator[Finding]:
    """RUNs stand one after the other.

    What:
        A RUN directly after another, in a stage whose layers ship.

    Why:
        Nothing is saved by joining them unless bytes die between them, and the cache gets coarser: a change
        of the second runs the first again. `cleanup-in-later-layer` joins those where bytes die, which is why
        this is off unless asked for.

    How it is fixed:
        Not at all.

    When not:
        A COPY, ENV or other instruction between them; mounts.

    References:
        https://docs.docker.com/build/building/best-practices/#run
    """
    for stage in project.shipped:
        for before, run in itertools.pairwise(stage.instructions):
            if before.keyword == run.keyword == "RUN" and not before.flags and not run.flags:
                yield Finding(
                    run.span,
                    "this RUN could be joined with the one before it, which saves a layer and no bytes",
                    refused="no bytes die between them, and the cache would get coarser",
                )
