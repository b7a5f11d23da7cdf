"""A downloaded archive stays in the image after it was unpacked."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.facts import load
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Command, Script
from jettison.shell.script import Option, ShellWord

_LITERAL = re.compile(r"[\w./+@%:,=${}-]+")


@rule("JT107", aliases=("tarSomethingRmTheSomething",), order=27)
def archive_left_behind(project: Project) -> Iterator[Finding]:
    """A downloaded archive stays in the image after it was unpacked.

    What:
        `curl -o x.tar.gz` or `wget` followed by `tar`, `unzip` or `dpkg -i` of the same file, which nothing
        removes, in a stage whose layers ship.

    Why:
        The archive is in the layer beside what was unpacked from it: the same bytes twice, and only one of
        them is used.

    How it is fixed:
        `rm` of the archive at the end of the same RUN, reached only when everything before it succeeded.
        Applied once a real build shows that nothing but the archive is gone.

    When not:
        It is left alone when anything later names the file, when it lies under a cache mount or a tmpfs, and
        when the RUN removes files in a way that may include it. It is refused where the clean-up could run
        after a failure. An archive that a later RUN removes belongs to cleanup-in-later-layer.

    References:
        https://docs.docker.com/build/building/best-practices/#run
        https://github.com/moby/moby/issues/22810
    """
    for stage in project.shipped:
        for run, script in project.runs(stage):
            if script.ok and script.form != "json" and script.named("curl", "wget"):
                for archive in _archives(project, run, script):
                    yield from _judge(project, stage, run, script, archive)


class _Archive(NamedTuple):
    """A file that is fetched and unpacked: `unpack` is the last command that opens it, `path` its place in
    the image with variables as written."""

    fetch: Command
    unpack: Command
    path: str


def _archives(project: Project, run: Instruction, script: Script) -> Iterator[_Archive]:
    unpackers = [c for c in script.top if c.name in load("leftovers")["unpackers"]]
    seen: set[str] = set()
    for fetch in (command for command in script.top if command.name in ("curl", "wget")):
        for name, folder in _written(project, run, script, fetch):
            path = _place(name, folder)
            opened = [c for c in unpackers if c.start > fetch.end and _opens(project, run, script, c, path)]
            if opened and path not in seen:
                seen.add(path)
                yield _Archive(fetch, opened[-1], path)


def _opens(project: Project, run: Instruction, script: Script, unpack: Command, path: str) -> bool:
    word = _opened(unpack)
    return bool(word) and _place(word, _folder(project, run, script, unpack)) == path


def _written(project: Project, run: Instruction, script: Script, fetch: Command) -> Iterator[tuple[str, str]]:
    """The names of the files that a download writes, as written, and the folder it runs in."""
    at = _folder(project, run, script, fetch)
    if not at:
        return
    output = ("-o", "--output") if fetch.name == "curl" else ("-O", "--output-document")
    options = fetch.options
    named = [_value(fetch.words, option) for option in options if option.name in output]
    named += [r.target.raw for r in fetch.redirects if r.target and r.operator in (">", "1>", ">|")]
    if not named and (fetch.name == "wget" or fetch.has_option("-O", "--remote-name", "--remote-name-all")):
        folder = next((o.value for o in options if o.name in ("-P", "--directory-prefix")), "") or ""
        urls = [word.raw.strip("\"'") for word in fetch.operands if "://" in word.raw]
        named = [posixpath.join(folder, posixpath.basename(url.partition("?")[0])) for url in urls]
    for name in named:
        plain = name.strip("\"'")
        if plain and _LITERAL.fullmatch(plain) and not plain.startswith(("/dev/", "-")):
            yield plain, at


def _value(words: Sequence[ShellWord], option: Option) -> str:
    """The value of an option as it is written, so that a variable can be compared with itself."""
    if option.value is not None:
        return option.value
    index = next(i for i, each in enumerate(words) if each is option.word)
    return words[index + 1].raw if index + 1 < len(words) else ""


def _opened(unpack: Command) -> str:
    """The archive that a command unpacks, as written; "" when it reads something else, or writes one."""
    words = [word.raw.strip("\"'") for word in unpack.words[1:]]
    if unpack.name == "tar":
        return _tarred(words)
    if unpack.name == "dpkg":
        return words[-1] if words and words[0] in ("-i", "--install") else ""
    plain = [word.raw.strip("\"'") for word in unpack.operands]
    return plain[0] if plain and unpack.name == "unzip" else ""


def _tarred(words: list[str]) -> str:
    for index, word in enumerate(words):
        bundled = index == 0 and re.fullmatch(r"-?[A-Za-z]*f", word)
        if bundled or word in ("-f", "--file") or re.fullmatch(r"-[A-Za-z]+f", word):
            return words[index + 1] if index + 1 < len(words) and _extracts(words) else ""
        if word.startswith("--file="):
            return word.partition("=")[2] if _extracts(words) else ""
    return ""


def _extracts(words: list[str]) -> bool:
    short = [w for w in words[:1] if not w.startswith("--")]
    short += [w for w in words[1:] if re.fullmatch(r"-[A-Za-z]+", w)]
    return "--extract" in words or any("x" in word for word in short)


def _folder(project: Project, run: Instruction, script: Script, command: Command) -> str:
    """The folder that a command runs in: WORKDIR, or that of the one `cd` before it; "" when unknown."""
    at = project.scope(run).workdir or "/"
    for moved in script.named("cd", "pushd", "popd"):
        if moved.start > command.start:
            break
        target = moved.operands[0].raw.strip("\"'") if moved.name == "cd" and moved.operands else ""
        if moved.context or not target or "$" in target or not _LITERAL.fullmatch(target):
            return ""
        at = posixpath.join(at, target)
    return at


def _place(name: str, folder: str) -> str:
    if name.startswith("$"):
        return posixpath.normpath(name)
    return posixpath.normpath(posixpath.join(folder, name)) if folder else ""


def _judge(
    project: Project, stage: Stage, run: Instruction, script: Script, archive: _Archive
) -> Iterator[Finding]:
    from jettison.rules.runslater import later_texts
    from jettison.shell.render import Refusal, append_command
    from jettison.stages import covers

    base = posixpath.basename(archive.path)
    targets = [m.options.get("target", "") for m in run.mounts if m.type in ("cache", "tmpfs")]
    if any(covers(target, archive.path) for target in targets if target):
        return
    if any(base in text for _, text in later_texts(project, stage, run, script, archive.unpack)):
        return
    if any(_may_take(project, *later, archive) for later in _later(project, stage, run, archive)):
        return
    if _named_elsewhere(project, run, base):
        return
    message = f"{base} stays in the layer after it was unpacked"
    saving = Saving(bytes=load("leftovers")["archive_mb"] * 1_000_000)
    command = f'rm "{archive.path}"' if "$" in archive.path else f"rm {archive.path}"
    edits = append_command(script, command) if _plain(archive) else Refusal("its name is not plain text")
    if isinstance(edits, Refusal):
        yield Finding(archive.fetch.span, message, saving, refused=edits.reason)
        return
    pattern = re.sub(r"\$\{\w+\}|\$\w+", "*", archive.path)
    pattern = pattern if pattern.startswith("/") else f"*/{base}"
    fix = Fix(f"Remove {base} in the same RUN", edits, Safety.PROVEN, allows=Allowance(vanish=(pattern,)))
    yield Finding(archive.fetch.span, message, saving, fix)


def _plain(archive: _Archive) -> bool:
    """True when the path is one that `rm` gets as it is meant: variables in the plain ways only."""
    rest = re.sub(r"\$\{\w+\}|\$\w+", "", archive.path)
    return "$" not in rest and "{" not in rest and "}" not in rest


def _later(
    project: Project, stage: Stage, run: Instruction, archive: _Archive
) -> Iterator[tuple[Instruction, Script, Command]]:
    """The commands of this stage after the archive was unpacked."""
    for each, script in project.runs(stage):
        for command in script.commands if each.span.start >= run.span.start else ():
            if each is not run or command.start > archive.unpack.start:
                yield each, script, command


def _may_take(
    project: Project, run: Instruction, script: Script, command: Command, archive: _Archive
) -> bool:
    """True when a command may remove or read the archive without naming it: by a pattern, or its folder."""
    from fnmatch import fnmatchcase

    from jettison.stages import covers

    words = [word.raw.strip("\"'") for word in command.operands]
    if command.name == "find":
        return "-delete" in words or "rm" in words or "-exec" in words
    folder = _folder(project, run, script, command)
    for word in words:
        if set(word) & set("*?["):
            if fnmatchcase(posixpath.basename(archive.path), posixpath.basename(word)):
                inside = posixpath.dirname(word)
                if not inside or _place(inside, folder) in ("", posixpath.dirname(archive.path)):
                    return True
        elif command.name in ("rm", "mv"):
            place = _place(word, folder)
            if not place or "$" in place or covers(place, archive.path):
                return True
    return False


def _named_elsewhere(project: Project, run: Instruction, base: str) -> bool:
    """True when another instruction names the file."""
    dockerfile = project.dockerfile
    return any(
        base in dockerfile.text(each.span)
        for each in dockerfile.instructions
        if each is not run and each.keyword not in ("ARG", "FROM")
    )
