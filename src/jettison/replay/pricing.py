"""From projects to what their Dockerfiles cost over the history of their context."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from jettison.cache.gittree import History, link_targets
from jettison.cache.steps import Build, read_steps
from jettison.project import Project
from jettison.replay.costs import Measured, costs_of, text_of
from jettison.replay.replay import Variant, replay
from jettison.replay.value import Replay


def price(
    projects: Sequence[Project],
    history: History,
    measured: Mapping[str, Measured] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> tuple[Replay, ...]:
    """Every version of a project over the same commits. `measured` is that of `costs_of`, `sizes` has bytes
    of layers likewise.

    Raises CannotRun for a Dockerfile that cannot be built.
    """
    return replay(history, [variant_of(project, history, measured, sizes) for project in projects])


def variant_of(
    project: Project,
    history: History,
    measured: Mapping[str, Measured] | None = None,
    sizes: Mapping[str, int] | None = None,
) -> Variant:
    """One version with its steps, its ignore file and what each step takes."""
    steps = read_steps(project.dockerfile, Build(project.build_args, project.target))
    links = link_targets(project.root, history.start) if steps.sources else {}
    known = sizes or {}
    found = {i: known[text] for i, step in enumerate(steps) if (text := text_of(step)) in known}
    return Variant(steps, project.context.ignore, costs_of(project, steps, measured), found, links)
