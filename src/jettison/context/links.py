"""Symbolic links of a context, resolved as in a root file system of its own."""

from __future__ import annotations

from collections.abc import Mapping

_HOPS = 255


def follow(path: str, links: Mapping[str, str]) -> str | None:
    """The path with every link on the way resolved; `links` has targets by path. None in a circle."""
    done: list[str] = []
    rest = path.split("/")[::-1]
    hops = 0
    while rest:
        part = rest.pop()
        if part in ("", "."):
            continue
        if part == "..":
            del done[-1:]
            continue
        target = links.get("/".join((*done, part)))
        if target is None:
            done.append(part)
            continue
        hops += 1
        if hops > _HOPS:
            return None
        if target.startswith("/"):
            done.clear()
        rest += target.split("/")[::-1]
    return "/".join(done)
