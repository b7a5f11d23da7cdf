"""An archive is unpacked and stays beside what was in it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Command, Script

_UNPACKERS = frozenset(("tar", "unzip", "bsdtar", "7z"))


@rule("JT107", aliases=("tarSomethingRmTheSomething",), order=28)
def archive_left_behind(project: Project) -> Iterator[Finding]:
    """An archive is unpacked and stays beside what was in it.

    What:
        A RUN of a stage whose layers ship fetches a file with curl or wget, unpacks it with tar or unzip, and
        does not remove it.

    Why:
        The image ships everything twice, once packed. Removing it in a later RUN only hides it.

    How it is fixed:
        `rm` of the archive at the end of the same RUN, on the success path. Applied once a real build agrees
        that only the archive vanishes.

    When not:
        In builder stages. A name that only the shell knows, or a RUN that changes its folder, is refused. An
        archive that a later instruction names is kept.

    References:
        https://docs.docker.com/build/building/best-practices/#run
    """
    source = project.dockerfile.source
    if b"curl" not in source and b"wget" not in source:
        return
    for stage in project.shipped:
        for run, script in project.runs(stage):
            if script.ok:
                for command, name in _left(script):
                    if not _named_later(project, run.span.end, name):
                        yield _finding(project.scope(run).workdir, script, command, name)


def _left(script: Script) -> Iterator[tuple[Command, str]]:
    """The fetches whose file is unpacked and not removed."""
    for command in script.named("curl", "wget"):
        name = _target(command)
        if not name or name in ("-", "/dev/null"):
            continue
        later = [c for c in script.commands if c.start > command.end]
        words = [(c.name, {w.text for w in c.words}) for c in later]
        bare = {name, "./" + name, posixpath.basename(name)}
        unpacked = any(called in _UNPACKERS and bare & texts for called, texts in words)
        removed = any(
            called in ("rm", "mv", "find", "shred")
            and (
                bare & texts or any("*" in (text or "*") or (text or "") in _folders(name) for text in texts)
            )
            for called, texts in words
        )
        if unpacked and not removed:
            yield command, name


def _folders(name: str) -> list[str]:
    parts = name.split("/")
    return [
        folder for n in range(1, len(parts)) for folder in ("/".join(parts[:n]), "/".join(parts[:n]) + "/")
    ]


def _target(command: Command) -> str:
    """The file that a fetch writes; "" when that is not certain."""
    url = next((w.text for w in command.operands if w.text and "://" in w.text), "")
    given = "-o" if command.name == "curl" else "-O"
    long = "--output" if command.name == "curl" else "--output-document"
    for option in command.options:
        if option.name in (given, long):
            return option.value or ""
        if option.name in ("-P", "--directory-prefix", "--output-dir"):
            return ""
    if command.name == "curl" and not command.has_option("-O", "--remote-name"):
        return ""
    return posixpath.basename(url.partition("?")[0]) if url else ""


def _named_later(project: Project, end: int, name: str) -> bool:
    return posixpath.basename(name).encode() in project.dockerfile.source[end:]


def _finding(workdir: str, script: Script, command: Command, name: str) -> Finding:
    from jettison.shell.append import append_command
    from jettison.shell.edits import Refusal

    message = f"{name} is unpacked and stays in the layer beside what was in it"
    saving = Saving(bytes=10_000_000)
    if any(c.name in ("cd", "pushd") for c in script.commands) and not name.startswith("/"):
        why = "the RUN changes its folder, so where the archive lies is not certain"
        return Finding(command.span, message, saving, refused=why)
    if not all(char.isalnum() or char in "/._-+" for char in name):
        return Finding(command.span, message, saving, refused="its name needs quotes")
    made = append_command(script, f"rm {name}")
    if isinstance(made, Refusal):
        return Finding(command.span, message, saving, refused=made.reason)
    path = posixpath.normpath(posixpath.join(workdir, name))
    fix = Fix("Remove the archive in the same layer", made, Safety.PROVEN, allows=Allowance(vanish=(path,)))
    return Finding(command.span, message, saving, fix)
