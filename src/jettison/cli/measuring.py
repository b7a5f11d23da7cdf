"""`jettison ci --measure`: what exporting the cache costs with each mode, by one real build."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

from jettison.ci.choice import Measured
from jettison.errors import CannotRun

if TYPE_CHECKING:
    from jettison.cli.console import Console
    from jettison.project import Project


def measure_exports(console: Console, project: Project) -> Measured:
    """Build once, export the cache to a folder with both modes, and weigh it. Everything made is removed.

    Raises CannotRun without an engine that can export cache, and when the Dockerfile does not build.
    """
    from jettison.build import BuildRequest, Engine, Workbench

    engine = Engine.find()
    if not engine.features.cache_export:
        raise CannotRun(
            "this engine cannot export build cache, so the cost cannot be measured", "leave out --measure"
        )
    assert project.file is not None
    kept = {stage.name or "" for stage in project.shipped}
    request = BuildRequest(
        project.root, project.file, target=project.target or "", build_args=project.build_args, salt="ci"
    )
    with Workbench(engine) as bench:
        console.note("building once, to weigh the cache")
        first = bench.build(request)
        if not first.ok:
            raise CannotRun(first.error or "the Dockerfile does not build here")
        lost = sum(step.seconds for step in first.steps if not _kept(step.stage, kept, project))
        sizes, seconds = [], []
        base = bench.build(request).seconds
        for mode in ("min", "max"):
            folder = bench.folder("cache") / mode
            made = bench.build(replace(request, cache_to=(f"type=local,dest={folder},mode={mode}",)))
            if not made.ok:
                raise CannotRun(made.error or "the cache cannot be exported")
            sizes.append(_bytes(folder))
            seconds.append(max(made.seconds - base, 0.0))
    return Measured(sizes[0], sizes[1], seconds[0], seconds[1], lost)


def _kept(stage: str, kept: set[str], project: Project) -> bool:
    """True for a step of the image's own layers; BuildKit calls an unnamed stage `stage-1`."""
    if not stage or stage in kept:
        return True
    number = stage.removeprefix("stage-")
    return number.isdigit() and any(each.index == int(number) for each in project.shipped)


def _bytes(folder: Path) -> int:
    return sum(
        os.path.getsize(os.path.join(here, name)) for here, _, names in os.walk(folder) for name in names
    )
