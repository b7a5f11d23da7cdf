"""Layers laid over each other: the tree of files that a container sees."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from posixpath import dirname

from jettison.image.model import Entry, LayerFiles, Tree

_IMPLIED = Entry("directory", 0o755, 0, 0, 0, "", "", ())
"""A directory that a layer uses and does not have; engines make it so."""


def overlay(layers: Iterable[LayerFiles]) -> Tree:
    """The final tree of `layers`, lowest first.

    Whiteouts and opaque directories hide what lower layers have and never what their own layer has, whatever
    the order in its tar (OCI image specification, layer.md). A hard link becomes an entry equal to its
    target.
    """
    tree: Tree = {}
    for layer in layers:
        _hide(tree, layer)
        _lay(tree, layer.entries)
    return tree


def _hide(tree: Tree, layer: LayerFiles) -> None:
    """Take away what the layer removes, and everything below a directory that it replaces."""
    replaced = {path for path, entry in layer.entries.items() if entry.kind != "directory" and path in tree}
    gone = layer.whiteouts | replaced
    if not gone and not layer.opaque:
        return
    hidden = _below(gone, layer.opaque)
    for path in [path for path in tree if path in gone or hidden(dirname(path))]:
        del tree[path]


def _below(gone: frozenset[str] | set[str], opaque: frozenset[str]) -> Callable[[str], bool]:
    """Whether what lies directly in a directory is hidden; each directory is decided once."""
    known: dict[str, bool] = {"/": "/" in opaque or "/" in gone}

    def hidden(folder: str) -> bool:
        asked: list[str] = []
        while folder not in known:
            asked.append(folder)
            folder = dirname(folder)
        answer = known[folder]
        for folder in reversed(asked):
            answer = answer or folder in gone or folder in opaque
            known[folder] = answer
        return answer

    return hidden


def _lay(tree: Tree, entries: Tree) -> None:
    """Put a layer's entries; folders named through symbolic links of lower layers are followed."""
    plain = {"/"}
    for path, entry in entries.items():
        folder = dirname(path)
        if folder not in plain:
            real = _folder(tree, folder)
            if real == folder:
                plain.add(folder)
            else:
                path = _join(real, path.rpartition("/")[2])
        if entry.kind == "hard link":
            target = tree.get(entry.link) or tree.get(
                _join(_folder(tree, dirname(entry.link)), _name(entry.link))
            )
            if target is None or target.kind == "directory":
                continue  # an engine would refuse the layer
            entry = target
        if entry.kind != "directory":
            plain.discard(path)
        tree[path] = entry


def _folder(tree: Tree, folder: str, hops: int = 40) -> str:
    """The directory that `folder` is, symbolic links followed inside the image (at most 40, as Linux); made
    if need be.

    A parent that is neither directory nor link stays what it is: no engine could unpack such a layer.
    """
    at = "/"
    parts = [part for part in reversed(folder.split("/")) if part]
    while parts:
        part = parts.pop()
        if part == "..":
            at = dirname(at)
            continue
        path = _join(at, part)
        entry = tree.get(path)
        if entry is None:
            tree[path] = _IMPLIED
        elif entry.kind == "link" and hops > 0:
            hops -= 1
            parts += [piece for piece in reversed(entry.link.split("/")) if piece not in ("", ".")]
            at = "/" if entry.link.startswith("/") else at
            continue
        at = path
    return at


def _join(folder: str, name: str) -> str:
    return f"{folder}/{name}" if folder != "/" else f"/{name}"


def _name(path: str) -> str:
    return path.rpartition("/")[2]
