"""What the cases of the truth table are made of."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.cache.case import Case, Side

FILES = {
    "a.txt": (0o644, "a NONCE"),
    "b.txt": (0o644, "b NONCE"),
    "src/c.txt": (0o644, "c NONCE"),
    "src/d.md": (0o644, "d NONCE"),
}
TOP = "FROM busybox:1.35\nWORKDIR /NONCE\n"
TWO = (
    "FROM busybox:1.35 AS build\nWORKDIR /NONCE\nRUN true deps\nCOPY src src\nRUN {make} > /out.txt\n"
    "FROM busybox:1.35\nWORKDIR /NONCE-2\nCOPY --from=build /out.txt /\nRUN cat /out.txt > /last.txt\n"
)
EFFECT = "COPY a.txt .\nRUN echo x > /x.txt\n"


def case(
    name: str,
    first: str,
    after: dict[str, Any] | None = None,
    *,
    dockerfile: str = "",
    before: dict[str, Any] | None = None,
    cache: str = "local",
) -> Case:
    side = replace(Side(first, FILES), **(before or {}))
    other = replace(side, dockerfile=dockerfile or first, **(after or {}))
    return Case(name, side, other, cache)


def files(path: str, mode: int, text: str) -> dict[str, Any]:
    return {"files": FILES | {path: (mode, text)}}
