"""Unified diffs that are exact to the byte: `git apply` and `patch` make exactly the file that was meant."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from jettison.report.style import Style, visible

if TYPE_CHECKING:
    from jettison.rewrite import Rewrite

_CONTEXT_LINES = 3
_EXACT_LINES = 5000
"""Above this the diff stays correct but need not be the shortest: the shortest takes quadratic time."""

_NO_NEWLINE = "\n\\ No newline at end of file\n"


class FileChange(NamedTuple):
    """One file before (None: it does not exist) and after. `shown` is its path as the user would write it."""

    path: Path
    shown: str
    before: bytes | None
    after: bytes


def file_changes(rewrite: Rewrite) -> tuple[FileChange, ...]:
    """The files that a rewrite writes, the Dockerfile first. Files that are already so are left out."""
    old, new = rewrite.before, rewrite.after
    changes = []
    if new.dockerfile.source != old.dockerfile.source:
        path = old.file if old.file is not None else old.root / "Dockerfile"
        changes.append(FileChange(path, old.path, old.dockerfile.source, new.dockerfile.source))
    for name, content in new.files.items():
        path = old.root / name
        before = path.read_bytes() if path.is_file() else None
        if before != content:
            changes.append(FileChange(path, shown_path(path), before, content))
    return tuple(changes)


def shown_path(path: Path) -> str:
    """The path relative to the current folder when it lies inside, else absolute."""
    relative = os.path.relpath(path)
    return os.path.abspath(path) if relative.startswith("..") else Path(relative).as_posix()


def unified(change: FileChange, style: Style | None = None) -> Iterator[str]:
    """The lines of a unified diff with git's header, each ending in a newline; nothing when nothing differs.

    On a terminal, carriage returns and other control characters are shown instead of obeyed.
    """
    if change.before == change.after:
        return
    style = style or Style()
    name = visible(change.shown).lstrip("/")
    end = "\t\n" if " " in name else "\n"  # as git and patch expect: the name ends at the tab
    yield style.bold(f"diff --git a/{name} b/{name}") + "\n"
    if change.before is None:
        yield style.bold("new file mode 100644") + "\n"
    old = "/dev/null" if change.before is None else f"a/{name}"
    yield style.bold(f"--- {old}") + ("\n" if change.before is None else end)
    yield style.bold(f"+++ b/{name}") + end
    for line in hunks(_lines(change.before or b""), _lines(change.after)):
        yield _painted(line, style)


def hunks(before: list[str], after: list[str], context: int = _CONTEXT_LINES) -> Iterator[str]:
    """The hunks of a unified diff of lines that keep their ends, with `context` unchanged lines around."""
    from difflib import SequenceMatcher

    matcher = SequenceMatcher(None, before, after, autojunk=len(after) > _EXACT_LINES)
    for group in matcher.get_grouped_opcodes(context):
        first, last = group[0], group[-1]
        yield f"@@ -{_range(first[1], last[2])} +{_range(first[3], last[4])} @@\n"
        for tag, i1, i2, j1, j2 in group:
            if tag == "equal":
                yield from (" " + _ended(line) for line in before[i1:i2])
                continue
            yield from ("-" + _ended(line) for line in before[i1:i2])
            yield from ("+" + _ended(line) for line in after[j1:j2])


def _lines(data: bytes) -> list[str]:
    # bytes.splitlines would also split at a lone carriage return, which diff and patch do not.
    lines = [line + "\n" for line in data.decode("utf-8", "surrogateescape").split("\n")]
    last = lines.pop()[:-1]
    return [*lines, last] if last else lines


def _ended(line: str) -> str:
    return line if line.endswith("\n") else line + _NO_NEWLINE


def _range(start: int, end: int) -> str:
    length = end - start
    if length == 1:
        return str(start + 1)
    return f"{start + 1 if length else start},{length}"


def _painted(line: str, style: Style) -> str:
    body, end, rest = line.partition("\n")
    if style.terminal:
        body = visible(body)
    paint = {"-": style.red, "+": style.green, "@": style.cyan}.get(line[0])
    return (paint(body) if paint else body) + end + rest
