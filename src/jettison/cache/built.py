"""A build as the model sees it: the steps, what they take from a context, and their keys."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from jettison.cache.select import Snapshot, snapshot
from jettison.cache.steps import Artefact, Build, Steps, read_steps
from jettison.cache.tree import Tree
from jettison.context.ignore import IgnoreFile
from jettison.dockerfile import Dockerfile


@dataclass(frozen=True)
class Built:
    """One build, thought of or observed. `label` says which: `commit 1a2b3c4`, a folder, a date."""

    dockerfile: Dockerfile
    steps: Steps
    taken: Snapshot
    keys: tuple[str, ...]
    label: str = ""

    @property
    def missing(self) -> tuple[int, ...]:
        """The steps that find nothing to copy."""
        return self.steps.missing([selected.digest for selected in self.taken.selected])


def build_in_thought(
    dockerfile: Dockerfile,
    tree: Tree,
    ignore: IgnoreFile | None,
    build: Build,
    links: Mapping[str, str] | None = None,
    artefact: Artefact | None = None,
) -> Built:
    """The keys of a build of this tree. Raises CannotRun for a Dockerfile that Docker refuses."""
    steps = read_steps(dockerfile, build)
    taken = snapshot(tree, ignore, steps.sources, links)
    keys = steps.keys([selected.digest for selected in taken.selected], artefact)
    return Built(dockerfile, steps, taken, keys, tree.label)
