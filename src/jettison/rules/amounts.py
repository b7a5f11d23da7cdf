"""Amounts in words, for messages."""

from __future__ import annotations


def size(count: int) -> str:
    """Bytes as people say them: `12.3 MB`, `4 kB`."""
    return f"{count / 1e6:.1f} MB" if count >= 100_000 else f"{max(1, round(count / 1e3))} kB"
