"""The two edits a developer makes all day, simulated harmlessly: one of a source file, one of a manifest.

The proof builds with each of them to time a rebuild. Both append something that tools ignore, so that the
program behaves as before; `nonce` makes the bytes new, so that no cache knows them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.context.context import Context
from jettison.context.ecosystems import Found, find_ecosystems
from jettison.context.gopath import glob

Edited = tuple[str, bytes]
"""A path of the context and its new content."""

_LARGEST = 5_000_000
_NOT_THE_PROGRAM = frozenset(
    (
        *("test", "tests", "testing", "__tests__", "spec", "specs", "e2e", "fixtures", "bench", "benchmarks"),
        *("example", "examples", "doc", "docs", "script", "scripts", "tools", "hack", "migrations"),
        *("node_modules", "vendor", "venv", ".venv", "third_party", "generated", "public", "static"),
    )
)
_PAGES = (
    *("index.html", "public/index.html", "html/index.html"),
    *("site/index.html", "src/index.html", "www/index.html"),
)


def code_edit(context: Context, nonce: str) -> Edited | None:
    """A source file that the build most likely compiles or ships, with a comment appended; None when none is
    found.
    """
    for found in find_ecosystems(context):
        for path in _sources(context, found):
            content = context.read(path, _LARGEST)
            if content and len(content) < _LARGEST and _takes_a_comment(path, content):
                return path, _with_line(content, _comment(path, found.ecosystem.comment, nonce))
    for path in _pages(context):
        content = context.read(path, _LARGEST)
        if content and len(content) < _LARGEST:
            return path, _with_line(content, _comment(path, "", nonce))
    return None


def dependency_edit(context: Context, nonce: str) -> Edited | None:
    """A manifest with something appended that its tool ignores and its lockfile does not record; None without
    one.
    """
    for found in find_ecosystems(context):
        for path in found.manifests:
            content = context.read(path, _LARGEST)
            if not content or len(content) >= _LARGEST:
                continue
            if found.ecosystem.edit == "json":
                return path, content.rstrip(b" \n\r\t") + b"\n" + _blanks(nonce)
            if path.endswith((".py", ".sln")):
                return path, _with_line(content, f"# jettison {nonce}")
            return path, _with_line(content, _comment(path, found.ecosystem.edit, nonce))
    return None


def _sources(context: Context, found: Found) -> Iterator[str]:
    """Candidates, best first: the preferred names, then the shallowest sources that are no tests."""
    row = found.ecosystem
    skip = len(found.folder) + bool(found.folder)
    ours = [
        file.path[skip:]
        for file in context.under(found.folder)
        if file.kind == "file" and 0 < file.size < _LARGEST and file.path.endswith(row.sources)
    ]
    prefix = found.folder + "/" if found.folder else ""
    for pattern in row.prefer:
        matches = glob(pattern)
        yield from (prefix + path for path in ours if matches(path))
    rest = [path for path in ours if not _is_aside(path)]
    rest.sort(key=lambda path: path.count("/"))
    if row.name == "go":
        rest.sort(key=lambda path: not _is_main_package(context.read(prefix + path, 65536)))
    yield from (prefix + path for path in rest)


def _is_aside(path: str) -> bool:
    *folders, name = path.split("/")
    stem = name.partition(".")[0]
    return (
        any(folder in _NOT_THE_PROGRAM or folder.startswith(".") for folder in folders)
        or stem.endswith("_test")
        or stem.startswith(("test_", "conftest", "setup"))
        or any(mark in name for mark in (".test.", ".spec.", ".config.", ".d.", ".min.", ".stories."))
    )


def _is_main_package(content: bytes) -> bool:
    return re.search(rb"^package main\b", content, re.MULTILINE) is not None


def _takes_a_comment(path: str, content: bytes) -> bool:
    """False where an appended comment would change what the file says, or where the build skips the file."""
    if path.endswith(".go"):
        return not path.endswith("_test.go") and not re.search(
            rb"^//go:build |^// \+build ", content, re.MULTILINE
        )
    if path.endswith(".php"):
        return content.rfind(b"?>") < content.rfind(b"<?")
    return True


def _pages(context: Context) -> Iterator[str]:
    yield from (page for page in _PAGES if context.exists(page))
    pages = [f.path for f in context.files if f.kind == "file" and f.path.endswith((".html", ".htm", ".css"))]
    yield from sorted((p for p in pages if not _is_aside(p)), key=lambda path: (path.count("/"), path))


def _comment(path: str, style: str, nonce: str) -> str:
    if style == "xml" or path.endswith((".html", ".htm", ".vue", ".svelte")):
        return f"<!-- jettison {nonce} -->"
    if path.endswith(".clj"):
        style = ";;"
    if path.endswith(".css"):
        return f"/* jettison {nonce} */"
    return f"{style} jettison {nonce}"


def _with_line(content: bytes, line: str) -> bytes:
    newline = b"\r\n" if b"\r\n" in content else b"\n"
    return content + (b"" if content.endswith(b"\n") else newline) + line.encode() + newline


def _blanks(nonce: str) -> bytes:
    """The nonce in blanks and newlines, which JSON allows after its value."""
    import hashlib

    bits = int.from_bytes(hashlib.sha256(nonce.encode()).digest()[:4], "big")
    return bytes(b" \n"[bits >> i & 1] for i in range(32)) + b"\n"
