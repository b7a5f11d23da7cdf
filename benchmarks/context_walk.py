"""Walks a build context of 100,000 files, a tree of its own in a temporary folder; prints what it costs."""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from pathlib import Path

from jettison.context import find_ecosystems, find_junk, read_context

IGNORES = {
    "no ignore file": None,
    "a usual ignore file": b".git\nnode_modules\n**/*.log\n**/__pycache__\n*.md\n!README.md\n**/*.test.*\n",
    "everything but": b"*\n!src\n!package.json\nsrc/**/*.spec.ts\n",
    "globs that cannot prune": b"**/*\n!**/*.ts\n**/cache_*\n!**/keep?\n",
}


def plant(root: Path, files: int) -> None:
    """A tree of `files` empty and tiny files, 100 to a folder, of which a tenth is `node_modules`."""
    for folder in range(files // 100):
        top = "node_modules" if folder % 10 == 0 else "src"
        where = root / top / f"area{folder % 37}" / f"package{folder}" / "lib"
        where.mkdir(parents=True)
        for i in range(100):
            suffix = ("ts", "spec.ts", "log", "json")[i % 4]
            (where / f"module{i}.{suffix}").write_bytes(b"x" * (i % 3))
    (root / "package.json").write_bytes(b"{}")


def main() -> None:
    files = int(sys.argv[1]) if len(sys.argv) > 1 else 100_000
    with tempfile.TemporaryDirectory() as folder:
        root = Path(folder)
        plant(root, files)
        for name, ignore in IGNORES.items():
            if ignore is not None:
                (root / ".dockerignore").write_bytes(ignore)
            start = time.process_time(), time.perf_counter()
            context = read_context(root)
            count = len(context.files)
            walked = time.process_time() - start[0], time.perf_counter() - start[1]
            start = time.process_time(), 0.0
            copied = len(context.match("src/*/*"))
            matched = time.process_time() - start[0]
            start = time.process_time(), 0.0
            find_ecosystems(context)
            find_junk(context)
            looked = time.process_time() - start[0]
            print(
                f"{name:24} {count:7,} of {files:,} files sent: "
                f"walk {walked[0]:5.2f} s CPU {walked[1]:5.2f} s wall, "
                f"match {matched:.2f} s ({copied:,}), ecosystems and junk {looked:.2f} s"
            )
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MB")


if __name__ == "__main__":
    main()
