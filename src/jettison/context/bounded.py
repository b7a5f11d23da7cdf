"""Reading a file of somebody else's folder: never more than asked for, never from a pipe or a device."""

from __future__ import annotations

import os
import stat


def read_bounded(path: str, limit: int) -> bytes | None:
    """The first `limit` bytes of a regular file, links followed; None for anything else."""
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except (OSError, ValueError):
        return None
    try:
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            return None
        with open(descriptor, "rb", closefd=False) as file:
            return file.read(limit)
    except OSError:
        return None
    finally:
        os.close(descriptor)
