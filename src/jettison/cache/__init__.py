"""The build cache as BuildKit keeps it: which step is taken from it, and why another one is not."""

from __future__ import annotations

from jettison.cache.steps import Build, Steps, read_steps
from jettison.cache.store import Store, cached, exported
from jettison.cache.tree import Entry, Tree, folder_tree

__all__ = ["Build", "Entry", "Steps", "Store", "Tree", "cached", "exported", "folder_tree", "read_steps"]
