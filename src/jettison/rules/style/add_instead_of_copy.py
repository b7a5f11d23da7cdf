"""ADD is used where COPY does the same."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.copies import is_archive, is_remote
from jettison.spans import Edit


@rule("JT660", aliases=("DL3020",), default=False)
def add_instead_of_copy(project: Project) -> Iterator[Finding]:
    """ADD is used where COPY does the same.

    What:
        An ADD of local files that are no archives.

    Why:
        ADD also fetches and unpacks; COPY says that nothing of that is meant.

    How it is fixed:
        ADD becomes COPY, where no source can be an archive: by its name, and by the files that are in the
        context.

    When not:
        URLs, git, archives, globs and folders that may hold one are fine as they are: ADD of a folder does
        not unpack, but flags of ADD alone stay.

    References:
        https://github.com/hadolint/hadolint/wiki/DL3020
    """
    for instruction in project.dockerfile.instructions:
        if instruction.keyword != "ADD" or instruction.error:
            continue
        names = [word.text for word in instruction.sources]
        if any(is_remote(name) or is_archive(name) or _git(name) for name in names):
            continue
        message = f"ADD {names[0]} does what COPY does"
        if any(flag.name in ("checksum", "keep-git-dir", "unpack", "link") for flag in instruction.flags):
            continue
        if any("*" in name or "?" in name or "[" in name or "$" in name for name in names):
            yield Finding(instruction.span, message, refused="a glob or variable may stand for an archive")
            continue
        found = [project.context.match(name) for name in names]
        if any(len(files) == 1 and _packed(project, files[0].path) for files in found):
            continue
        if not all(found) and any("." not in name.strip("./") for name in names):
            yield Finding(
                instruction.span, message, refused="what the source is, is not known without its context"
            )
            continue
        fix = Fix("Write COPY", (Edit(instruction.keyword_span, b"COPY"),), Safety.SAFE)
        yield Finding(instruction.span, message, fix=fix)


def _git(name: str) -> bool:
    return ".git" in name or name.startswith(("github.com/", "git@"))


def _packed(project: Project, path: str) -> bool:
    """True when the first bytes say that ADD would unpack a file (moby's DetectCompression; tar)."""
    data = project.context.read(path, 300)
    return (
        data[:3] in (b"BZh", b"\x1f\x8b\x08")
        or data[:6] == b"\xfd7zXZ\x00"
        or data[:4] == b"(\xb5/\xfd"
        or (data[257:262] == b"ustar")
    )
