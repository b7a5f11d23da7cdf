"""The build cache as BuildKit keeps it: which step is taken from it, and why another one is not."""

from __future__ import annotations

from jettison.cache.tree import Entry, Tree, folder_tree

__all__ = ["Entry", "Tree", "folder_tree"]
