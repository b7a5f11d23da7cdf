"""Builds small folder trees for tests."""

from __future__ import annotations

from pathlib import Path


def plant(root: Path, files: dict[str, str | bytes | None]) -> Path:
    """Write files by relative path; None makes an empty folder, a text led by `-> ` a symbolic link."""
    for name, content in files.items():
        path = root / name
        if content is None:
            path.mkdir(parents=True, exist_ok=True)
            continue
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(content, str) and content.startswith("-> "):
            path.symlink_to(content[3:])
        else:
            path.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root
