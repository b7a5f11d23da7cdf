"""Dependencies are installed anew after every change of the sources."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import NamedTuple

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import insert_after, insert_before
from jettison.facts import load
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.installs import GO_MODULES, Needs, hazard, needs, requirement_files
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.copies import taken
from jettison.shell import Command
from jettison.spans import Edit, Span
from jettison.stages import covers
from jettison.stages.go_source import read_module

_NEUTRAL = frozenset(("ENV", "ARG", "LABEL", "EXPOSE", "CMD", "ENTRYPOINT", "HEALTHCHECK", "USER", "SHELL"))
"""Instructions that a COPY without variables may pass."""


_OWNED = ("/bin", "/etc", "/lib", "/lib64", "/opt", "/sbin", "/usr", "/var")
"""Folders that packages write to: there, what comes later wins, so the order is part of the result."""


@rule("JT201", order=22)
def deps_after_source(project: Project) -> Iterator[Finding]:
    """Dependencies are installed anew after every change of the sources.

    What:
        A COPY of the whole project stands before the install of its dependencies or of system packages.

    Why:
        A step is taken from the cache only while everything before it is unchanged. With the sources copied
        first, every edited line downloads and installs all dependencies again: seconds become minutes.

    How it is fixed:
        The manifests (package.json, requirements.txt, go.mod and their lock files) are copied first, then the
        install runs, then the sources are copied. An install of system packages moves before the COPY as a
        whole. Where the install shares a RUN with a build, the RUN is divided.

    When not:
        It is refused when the install may read more than its manifests: lifecycle scripts, workspaces, local
        folders as dependencies, `pip install .`, or a RUN in between that may need the sources.

    References:
        https://docs.docker.com/build/cache/optimize/#order-your-layers
    """
    for stage in project.dockerfile.stages:
        for number, instruction in enumerate(stage.instructions):
            copied = _broad(project, instruction)
            if copied is not None:
                found = _judge(project, stage, number, copied)
                if found is not None:
                    yield found
                    break


class _Copied(NamedTuple):
    """A COPY of a whole folder: from `folder` of the context ("" is its root) to `dest`, absolute."""

    instruction: Instruction
    folder: str
    dest: str

    def folder_of(self, path: str) -> str | None:
        """The context folder that a folder of the image comes from; None when this COPY does not bring it."""
        if not covers(self.dest, path):
            return None
        return posixpath.normpath(
            posixpath.join(self.folder, posixpath.relpath(path, self.dest))
        ).removeprefix(".")


class _Install(NamedTuple):
    """A RUN that installs: its leading commands up to `last` need only `reads`; `rest` follows, if anything
    does."""

    run: Instruction
    manager: str
    system: bool
    reads: tuple[Needs, ...]
    last: Command
    rest: Command | None


def _broad(project: Project, copy: Instruction) -> _Copied | None:
    if copy.keyword not in ("COPY", "ADD") or copy.flag("from") or copy.heredocs or copy.json is not None:
        return None
    if len(copy.sources) != 1 or copy.dest is None or copy.error or "$" in copy.args or copy.flag("parents"):
        return None
    folder = posixpath.normpath("/" + copy.sources[0].text).lstrip("/")
    files = project.context.match(copy.sources[0].text)
    if len(files) < 2 or any(char in folder for char in "*?[") or any(file.path == folder for file in files):
        return None
    dest = posixpath.normpath(posixpath.join(project.scope(copy).workdir, copy.dest.text))
    return None if dest == "/" else _Copied(copy, folder, dest)


def _judge(project: Project, stage: Stage, number: int, copied: _Copied) -> Finding | None:
    """The finding for the first install after a broad COPY; None when there is none."""
    blocked = ""
    for later in stage.instructions[number + 1 :]:
        if later.keyword == "RUN":
            install = _install(project, later)
            if install is not None:
                return _finding(project, stage, copied, install, blocked)
            if not _independent(project, later):
                blocked = (
                    blocked or f"the RUN of line {later.start_line} stands between and may read the sources"
                )
        elif later.keyword in ("COPY", "ADD", "WORKDIR"):
            blocked = blocked or _crossed(project, copied, later)
        elif later.keyword not in _NEUTRAL:
            blocked = blocked or f"{later.keyword} of line {later.start_line} stands between"
    return None


def _crossed(project: Project, copied: _Copied, later: Instruction) -> str:
    dest = copied.instruction.dest
    if later.keyword == "WORKDIR":
        relative = dest is None or not dest.text.startswith("/")
        return f"WORKDIR of line {later.start_line} changes where the COPY goes" if relative else ""
    where = later.dest.text if later.dest is not None else ""
    path = posixpath.normpath(posixpath.join(project.scope(later).workdir, where))
    apart = not covers(copied.dest, path) and not covers(path, copied.dest)
    return "" if apart and "$" not in where else f"line {later.start_line} copies to the same place"


def _install(project: Project, run: Instruction) -> _Install | None:
    """The RUN as an install; None when it is another RUN or is not understood."""
    script = project.script(run)
    if not script.ok or script.form != "shell" or not script.commands:
        return None
    reads: list[Needs] = []
    last = rest = None
    for command in script.commands:
        need = needs(command)
        if need.kind == "sources":
            rest = command
            break
        reads.append(need)
        last = command
    if any(c.context for c in script.commands) and rest is not None:
        return None
    managers = [need for need in reads if need.kind == "manifests"]
    managers += [need for need in reads if need.system]
    managers += [need for need in reads if need.manager]
    if rest is not None and rest.name == "go" and not managers:
        return _Install(run, "go", False, (GO_MODULES,), rest, rest)
    if not managers or last is None:
        return None
    return _Install(run, managers[0].manager, managers[0].system, tuple(reads), last, rest)


def _independent(project: Project, run: Instruction) -> bool:
    """True for a RUN that reads and writes nothing of the context."""
    script = project.script(run)
    return script.ok and script.form == "shell" and all(needs(c).kind == "nothing" for c in script.commands)


def _finding(
    project: Project, stage: Stage, copied: _Copied, install: _Install, blocked: str
) -> Finding | None:
    manifests = _manifests(project, copied, install)
    if isinstance(manifests, str):
        blocked = blocked or manifests
    elif not manifests and any(need.kind == "manifests" for need in install.reads):
        return None
    seconds = load("costs")["install_seconds"].get(install.manager, 10)
    command = install.last.words
    named = " ".join(word.raw for word in command[: 4 if len(command) <= 4 else 3]) + " …" * (
        len(command) > 4
    )
    message = f"`{named}` runs again after every change of a file, because this COPY stands before it"
    place, saving = copied.instruction.span, Saving(seconds=seconds)
    if not blocked and install.rest is not None and install.rest is not install.last:
        blocked = _indivisible(project, install)
    if blocked or isinstance(manifests, str):
        return Finding(place, message, saving, refused=blocked)
    if install.manager == "go" and install.rest is install.last and not _has_requirements(project, manifests):
        return None
    edits = _edits(project, stage, copied, install, manifests)
    if edits is None:
        return None
    own = copied.dest.startswith("/usr/src/")
    owned = not own and any(covers(folder, copied.dest) for folder in _OWNED)
    exact = (install.system or install.manager == "pip") and not owned
    lock = tuple(
        posixpath.join(copied.dest, "*lock*") for _ in (1,) if install.manager in ("npm", "yarn", "pnpm")
    )
    caches = ("/go/pkg/*", "/root/*") if install.manager == "go" else ()
    allows = Allowance(change=lock, appear=caches, vanish=caches)
    title = "Install the dependencies before the sources are copied, so that a code edit keeps them cached"
    return Finding(
        place, message, saving, Fix(title, edits, Safety.SAFE if exact else Safety.PROVEN, allows=allows)
    )


def _manifests(project: Project, copied: _Copied, install: _Install) -> tuple[str, ...] | str:
    """The context paths that the install reads, () for none, or why they are not certain."""
    paths: dict[str, None] = {}
    folder = copied.folder_of(project.scope(install.run).workdir)
    for need in install.reads:
        if need.kind != "manifests":
            continue
        if folder is None:
            return ()
        named = requirement_files(project, folder, need.paths) if need.manager == "pip" else need.paths
        present = tuple(p for p in named if project.context.exists(posixpath.join(folder, p)))
        if need.manager == "pip" and len(present) < len(named):
            return f"{next(p for p in named if p not in present)} is not in the context"
        if not present:
            return ()
        problem = hazard(project, need.manager, folder, present)
        if problem is not None:
            return problem
        paths.update((posixpath.normpath(posixpath.join(folder, p)), None) for p in present)
    if any(" " in path for path in paths):
        return "a manifest has a blank in its name"
    return tuple(paths)


def _has_requirements(project: Project, manifests: tuple[str, ...]) -> bool:
    mod = next((m for m in manifests if posixpath.basename(m) == "go.mod"), None)
    return mod is not None and bool(
        read_module(project.context.read(mod).decode("utf-8", "replace")).requires
    )


def _indivisible(project: Project, install: _Install) -> str:
    """Why the RUN cannot be divided after the install; "" when it can."""
    script = project.script(install.run)
    if any(item.kind != "command" or item.background or item.negated for item in script.items):
        return "the install shares its RUN with shell that cannot be divided"
    if any(link.operator != "&&" for link in script.links):
        return "the install shares its RUN with commands that are not joined by &&"
    before = script.commands[: script.commands.index(install.last) + 1]
    if any(c.name in ("set", "cd", "export", "umask") for c in before):
        return "the install shares its RUN with commands that set up the shell"
    start, end = install.last.span.end, install.rest.span.start if install.rest else 0
    if b"#" in project.dockerfile.source[start:end]:
        return "a comment stands where the RUN would be divided"
    return ""


def _edits(
    project: Project, stage: Stage, copied: _Copied, install: _Install, manifests: tuple[str, ...]
) -> tuple[Edit, ...] | None:
    copy = copied.instruction
    first = _copies(project, stage, copied, manifests)
    if install.manager == "go" and install.rest is install.last:
        text = [*first, "RUN go mod download"]
        return (
            None
            if _downloads_before(project, stage, copy)
            else (insert_before(copy, "\n".join(text), above_comments=True),)
        )
    block = Span(insert_before(copy, "", above_comments=True).span.start, copy.span.end)
    source = project.dockerfile.source
    moved = project.dockerfile.text(block).replace("\r\n", "\n")
    gap = source[copy.span.end : install.run.span.start]
    blank = "\n" if re.search(rb"\n[ \t]*\r?\n", gap) else ""
    if first:
        edits = [Edit(block, "\n".join(first).replace("\n", project.dockerfile.newline.decode()).encode())]
    else:
        end = (
            copy.span.end + len(gap) - len(gap.lstrip())
            if not gap.strip()
            else source.find(b"\n", copy.span.end) + 1
        )
        edits = [Edit(Span(block.start, end), b"")]
    if install.rest is None:
        return (*edits, insert_after(install.run, blank + moved))
    flags = "".join(f" {project.dockerfile.text(flag.span)}" for flag in install.run.flags)
    between = f"\n{blank}{moved}\n{blank}RUN{flags} ".replace("\n", project.dockerfile.newline.decode())
    return (
        *edits,
        Edit(
            Span(install.last.span.end, install.rest.span.start), between.encode("utf-8", "surrogateescape")
        ),
    )


def _copies(project: Project, stage: Stage, copied: _Copied, manifests: tuple[str, ...]) -> list[str]:
    """COPY instructions for those manifests that no earlier COPY has brought, one for each folder."""
    flags = "".join(f" {project.dockerfile.text(flag.span)}" for flag in copied.instruction.flags)
    dest = copied.instruction.dest
    base = dest.text if dest is not None else "."
    folders: dict[str, list[str]] = {}
    for path in manifests:
        if not _brought_before(project, stage, copied, path):
            inner = posixpath.dirname(posixpath.relpath(path, copied.folder or "."))
            folders.setdefault(inner, []).append(path)
    return [f"COPY{flags} {' '.join(paths)} {_folder(base, inner)}" for inner, paths in folders.items()]


def _folder(base: str, inner: str) -> str:
    path = posixpath.join(base, inner) if inner else base
    return path if path.endswith("/") else path + "/"


def _brought_before(project: Project, stage: Stage, copied: _Copied, path: str) -> bool:
    target = posixpath.join(copied.dest, posixpath.relpath(path, copied.folder or "."))
    for earlier in stage.instructions:
        if earlier is copied.instruction:
            return False
        for source in taken(project, earlier):
            brought = any(file.path == path for file in source.files(project.context))
            if brought and source.target(path, project.context) == target:
                return True
    return False


def _downloads_before(project: Project, stage: Stage, copy: Instruction) -> bool:
    for earlier in stage.instructions:
        if earlier is copy:
            return False
        if earlier.keyword == "RUN" and any(
            needs(command) == GO_MODULES for command in project.script(earlier).commands
        ):
            return True
    return False
