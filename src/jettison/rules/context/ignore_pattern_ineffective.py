"""A line of the ignore file misses what it is meant for."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.findings import Allowance, Basis, Finding, Fix, Safety, Saving
from jettison.project import Project, ignore_path
from jettison.rules import rule
from jettison.rules.amounts import size

if TYPE_CHECKING:
    from jettison.context.ignore import IgnoreFile, IgnoreLine

_ANYWHERE = frozenset(
    (
        "node_modules", "bower_components", "__pycache__", ".venv", "venv", ".git", ".DS_Store", "Thumbs.db",
        ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox", ".gradle", ".idea", ".vscode", ".next",
        ".nuxt", ".turbo", ".parcel-cache", ".svelte-kit", ".terraform", "coverage", ".nyc_output", "target",
        "*.pyc", "*.pyo", "*.log", "*.class", "*.o", "*.swp", "*.tmp", "npm-debug.log", ".env", ".npmrc",
    )
)  # fmt: skip
"""Names that nobody means for the top folder only."""


@rule("JT303", order=6)
def ignore_pattern_ineffective(project: Project) -> Iterator[Finding]:
    """A line of the ignore file misses what it is meant for.

    What:
        A line such as `node_modules` or `*.pyc`, while the context has such files in deeper folders, which
        the line does not name.

    Why:
        Docker reads a pattern from the root of the context, unlike git: `node_modules` is the one in the top
        folder, and `packages/web/node_modules` is sent and copied.

    How it is fixed:
        `**/` is put before it, which means any depth, the top folder included. It changes what the builder is
        sent, so a real build before and after has to agree.

    When not:
        Names that may be meant for the top folder, such as `dist` or `build`, are left alone, and so are
        lines after which a `!` brings something back.

    References:
        https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    ignore = project.context.ignore
    if ignore is None or ignore.problems:
        return
    if not any(i.keyword in ("COPY", "ADD") for i in project.dockerfile.instructions):
        return
    missed = [(line, hit) for line in _lines(ignore) if (hit := _deeper(project, line))]
    if not missed or any(line.negated for line in ignore.lines):
        return
    path = ignore_path(project.context)
    total = sum(bytes for _, (_, bytes) in missed)
    named = ", ".join(f"{line.pattern} misses {hit[0]}" for line, hit in missed[:3])
    copy = next(i for i in project.dockerfile.instructions if i.keyword in ("COPY", "ADD"))
    message = f"{path}: {named} ({size(total)}): without **/ a name is meant in the top folder only"
    saving = Saving(bytes=total, basis=Basis.MEASURED)
    if path.startswith("../"):
        yield Finding(copy.span, message, saving, refused=f"{path} lies outside the build context")
        return
    text = ignore.source
    for line, _ in sorted(missed, key=lambda each: -each[0].span.start):
        start, end = line.span
        text = text[:start] + re.sub(rb"^(\s*)/?", rb"\1**/", text[start:end], count=1) + text[end:]
    fix = Fix(
        "Mean these names at any depth",
        (),
        Safety.PROVEN,
        files={path: text},
        allows=_allowance([line for line, _ in missed]),
    )
    yield Finding(copy.span, message, saving, fix)


def _lines(ignore: IgnoreFile) -> Iterator[IgnoreLine]:
    for line in ignore.lines:
        if not line.negated and line.pattern.strip("/") in _ANYWHERE:
            yield line


def _deeper(project: Project, line: IgnoreLine) -> tuple[str, int] | None:
    """The first path in a deeper folder that the line seems to mean, and the bytes of all of them."""
    pattern = line.pattern.strip("/")
    first, total = "", 0
    for file in project.context.files:
        for place in _matching(file.path, pattern):
            first = first or place
            total += file.size
            break
    return (first, total) if first else None


def _matching(path: str, pattern: str) -> Iterator[str]:
    parts = path.split("/")
    suffix = pattern[1:] if pattern.startswith("*.") else ""
    for depth, part in enumerate(parts):
        if depth and (part == pattern or (suffix and part.endswith(suffix))):
            yield "/".join(parts[: depth + 1])


def _allowance(lines: list[IgnoreLine]) -> Allowance:
    """What the lines mean may vanish, wherever it is."""
    names = [line.pattern.strip("/") for line in lines]
    return Allowance(vanish=tuple(path for name in names for path in (f"*/{name}", f"*/{name}/*")))
