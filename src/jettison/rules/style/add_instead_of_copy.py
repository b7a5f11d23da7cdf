"""ADD is used where COPY does the same."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.context.gopath import clean, has_wildcard
from jettison.dockerfile import Instruction
from jettison.facts import load
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.copies import is_archive, is_remote
from jettison.spans import Edit

_ONLY_ADD = ("checksum", "keep-git-dir", "unpack")


@rule("JT660", aliases=("DL3020",), default=False)
def add_instead_of_copy(project: Project) -> Iterator[Finding]:
    """ADD is used where COPY does the same.

    What:
        An ADD of local files that are no archives.

    Why:
        ADD also fetches and unpacks; COPY says that nothing of that is meant.

    How it is fixed:
        ADD becomes COPY, where every source is a folder, a heredoc, or a file of the context whose content
        the builder does not unpack. What is not in the context has to have a name that says text.

    When not:
        URLs, git repositories and archives, by name or by content: the builder goes by the content. Flags
        that COPY does not have. It is refused for globs and variables, which may stand for an archive.

    References:
        https://docs.docker.com/build/building/best-practices/#add-or-copy
        https://github.com/hadolint/hadolint/wiki/DL3020
        moby/go-archive compression.DetectCompression, archive.IsArchivePath
    """
    for instruction in project.dockerfile.instructions:
        if instruction.keyword != "ADD" or instruction.error or not instruction.sources:
            continue
        if any(flag.name in _ONLY_ADD for flag in instruction.flags):
            continue
        names = _names(instruction)
        if any(is_remote(name) or is_archive(name) or _git(name) for name in names):
            continue
        kinds = {_kind(project, name) for name in names}
        if "archive" in kinds:
            continue
        message = f"ADD {instruction.sources[0].text} does what COPY does"
        if "variable" in kinds:
            yield Finding(instruction.span, message, refused="a glob or variable may stand for an archive")
        elif "unknown" in kinds:
            yield Finding(instruction.span, message, refused="a source is not in the context to look at")
        else:
            fix = Fix("Write COPY", (Edit(instruction.keyword_span, b"COPY"),), Safety.SAFE)
            yield Finding(instruction.span, message, fix=fix)


def _names(instruction: Instruction) -> list[str]:
    """The sources that are no heredocs."""
    documents = {doc.start_span for doc in instruction.heredocs}
    return [word.text.strip("\"'") for word in instruction.sources if word.span not in documents]


def _git(name: str) -> bool:
    """True for what looks like a repository in any spelling: one too many costs nothing."""
    return ".git" in name or name.startswith("github.com/") or "://" in name or name.partition(":")[1] == ":"


def _kind(project: Project, name: str) -> str:
    """What a source is: `folder`, `plain`, `archive`, `variable` or `unknown`."""
    if "$" in name or has_wildcard(name):
        return "variable"
    path = clean("/" + name)[1:]
    if not path or name.endswith("/") or path in project.context.folders:
        return "folder"
    files = project.context.match(name)
    if files:
        return "archive" if any(_packed(project.context.read(f.path, 512)) for f in files) else "plain"
    facts = load("checks")["text"]
    base = posixpath.basename(path)
    return "plain" if base.endswith(tuple(facts["suffixes"])) or base in facts["names"] else "unknown"


def _packed(data: bytes) -> bool:
    """True when the first 512 bytes are those of something that ADD unpacks: gzip, bzip2, xz, zstd, or a tar
    header, whose checksum counts its own eight bytes as blanks."""
    if data.startswith((b"BZh", b"\x1f\x8b\x08", b"\xfd7zXZ\x00", b"(\xb5/\xfd")):
        return True
    if len(data) > 3 and data[0] & 0xF0 == 0x50 and data[1:4] == b"\x2a\x4d\x18":
        return True
    if len(data) < 512:
        return False
    try:
        said = int(data[148:156].strip(b" \0") or b"0", 8)
    except ValueError:
        return False
    return said > 0 and said == sum(data[:148]) + 8 * 0x20 + sum(data[156:])
