"""The Go module that a folder of the context is, or the workspace: its modules taken together.

Source: go.dev/ref/mod#workspaces ("go.work files").
"""

from __future__ import annotations

import posixpath
from typing import TYPE_CHECKING

from jettison.stages import Refusal
from jettison.stages.go_source import GoModule, read_module

if TYPE_CHECKING:
    from jettison.context import Context


def is_module(context: Context, folder: str) -> bool:
    """True when the folder ("" for the context's root) has a go.mod or a go.work."""
    return any(context.exists(posixpath.join(folder, name)) for name in ("go.mod", "go.work"))


def module_of(context: Context, folder: str) -> GoModule:
    """The module of a folder; of a workspace, what all of its modules require and replace.

    Raises Refusal for a workspace with modules outside of its folder or of the context. Replacements are
    given relative to the folder.
    """
    if not context.exists(posixpath.join(folder, "go.work")):
        return _read(context, posixpath.join(folder, "go.mod"))
    workspace = context.read(posixpath.join(folder, "go.work")).decode("utf-8", "replace")
    members = members_of(workspace)
    modules = []
    for member in members:
        path = posixpath.join(folder, member, "go.mod")
        if member.startswith(("..", "/")) or not context.exists(posixpath.normpath(path)):
            raise Refusal(f"go.work uses {member}, which is not in the context")
        modules.append(_read(context, posixpath.normpath(path)))
    replaces = [
        posixpath.normpath(posixpath.join(member, target))
        for member, module in zip(members, modules, strict=True)
        for target in module.local_replaces
    ]
    replaces += read_module(workspace).local_replaces
    requires = [path for module in modules for path in module.requires]
    root = next((m.path for member, m in zip(members, modules, strict=True) if member == "."), "")
    return GoModule(root, tuple(dict.fromkeys(requires)), tuple(replaces))


def members_of(text: str) -> tuple[str, ...]:
    """The folders that a go.work uses, normalised."""
    found: list[str] = []
    block = False
    for raw in text.splitlines():
        words = raw.partition("//")[0].replace("(", " ( ").split()
        if words[:2] == ["use", "("]:
            block = True
        elif words == [")"]:
            block = False
        elif words and (block or words[0] == "use"):
            found.append(posixpath.normpath(words[-1].strip('"`')))
    return tuple(dict.fromkeys(found))


def _read(context: Context, path: str) -> GoModule:
    return read_module(context.read(path).decode("utf-8", "replace"))
