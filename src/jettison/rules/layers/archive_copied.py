"""An archive is copied into the image only to be unpacked there."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import add_flag, delete
from jettison.findings import Allowance, Basis, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.copies import Taken, is_archive, taken
from jettison.shell import Command, Script

_LEAST = 1_000_000
"""Bytes below which an archive in the image is not worth a word; one that is not there yet counts as more."""


@rule("JT655", aliases=("DL3010",), order=23)
def archive_copied(project: Project) -> Iterator[Finding]:
    """An archive is copied into the image only to be unpacked there.

    What:
        A COPY of a `.tar`, `.tar.gz`, `.tgz` and so on, and a later RUN that unpacks it, in a stage whose
        layers ship.

    Why:
        The archive stays in the layer of the COPY beside what is unpacked from it; an `rm` in the RUN does
        not take it out again.

    How it is fixed:
        The RUN gets the archive as a mount, `--mount=type=bind,source=app.tar.gz,target=/tmp/app.tar.gz`, and
        the COPY goes away: nothing else changes, and the archive is in no layer. Applied once a real build
        shows that only the archive is gone.

    When not:
        It is refused where something else names the file, where the RUN removes it, and for a COPY of several
        files or with flags. Small archives are left alone.

    References:
        https://docs.docker.com/reference/dockerfile/#run---mounttypebind
        https://github.com/hadolint/hadolint/wiki/DL3010
    """
    if b"tar" not in project.dockerfile.source:
        return
    for stage in project.shipped:
        for copy in stage.instructions:
            if copy.keyword == "COPY" and any(is_archive(word.text) for word in copy.sources):
                for source in taken(project, copy):
                    if is_archive(source.source):
                        yield from _judge(project, stage, source)


def _judge(project: Project, stage: Stage, source: Taken) -> Iterator[Finding]:
    path = source.dest + posixpath.basename(source.source) if source.dest.endswith("/") else source.dest
    for run, script in project.runs(stage):
        if run.span.start < source.copy.span.start or not script.ok:
            continue
        opened = next((c for c in script.named("tar") if _opens(project, run, script, c, path)), None)
        if opened is None:
            continue
        files = source.files(project.context)
        size = sum(file.size for file in files)
        if files and size < _LEAST:
            return
        saving = Saving(bytes=size, basis=Basis.MEASURED) if files else Saving()
        message = f"{path} stays in the layer of this COPY after line {run.start_line} has unpacked it"
        fix = _fix(project, stage, source, run, path)
        if isinstance(fix, str):
            yield Finding(source.copy.span, message, saving, refused=fix)
        else:
            yield Finding(source.copy.span, message, saving, fix)
        return


def _opens(project: Project, run: Instruction, script: Script, command: Command, path: str) -> bool:
    """True when a tar command reads the archive at this path to unpack it."""
    first = command.words[1].text or "" if len(command.words) > 1 else ""
    old = first if first and not first.startswith("-") else ""
    if "x" not in old and not command.has_option("-x", "--extract", "--get"):
        return False
    names = [option.value for option in command.options if option.name in ("-f", "--file")]
    if "f" in old and len(command.operands) > 1:
        names.append(command.operands[1].text)
    folder = "" if script.named("cd", "pushd") else project.scope(run).workdir
    return any(n and (n.startswith("/") or folder) and posixpath.join(folder, n) == path for n in names)


def _fix(project: Project, stage: Stage, source: Taken, run: Instruction, path: str) -> Fix | str:
    """The mount instead of the COPY, or why not."""
    copy = source.copy
    if source.several or copy.flags or source.parents or "," in path or "," in source.source:
        return "the COPY takes more than the archive, or has flags"
    if copy.json is not None or any(sign in source.source for sign in "*?["):
        return "the archive is not named plainly"
    if "/" in source.source.strip("/") and source.source.startswith("../"):
        return "the archive is not named plainly"
    name = posixpath.basename(path).encode("utf-8", "surrogateescape")
    named = [i for s in project.dockerfile.stages for i in s.instructions if i not in (copy, run)]
    if any(name in project.dockerfile.source[i.span.start : i.span.end] for i in named):
        return f"another instruction names {posixpath.basename(path)}"
    for command in project.script(run).commands:
        words = [word.text or word.raw for word in command.operands]
        if command.name in ("rm", "mv", "chown", "chmod") and any(_touches(word, path) for word in words):
            return (
                f"{command.name} on line {run.start_line} changes the archive, which a mount does not allow"
            )
    where = posixpath.normpath("/" + source.source)[1:]
    mount = f"--mount=type=bind,source={where},target={path}"
    return Fix(
        f"Mount {posixpath.basename(path)} for the RUN that unpacks it",
        (delete(copy), add_flag(run, mount)),
        Safety.PROVEN,
        allows=Allowance(vanish=(path,)),
    )


def _touches(word: str, path: str) -> bool:
    """True when a word may mean the archive or a folder above it."""
    return posixpath.basename(word) == posixpath.basename(path) or "*" in word or path.startswith(word)
