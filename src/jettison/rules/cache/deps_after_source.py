"""Dependencies are installed anew after every change of the sources."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from jettison.dockerfile import Stage
from jettison.dockerfile.edit import insert_after, insert_before
from jettison.facts import load
from jettison.findings import Allowance, Basis, Finding, Fix, Safety, Saving
from jettison.installs import Reads, needs, resolve
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.copies import from_context, taken
from jettison.rules.installing import Install, indivisible, install_of, installed_before, settings
from jettison.rules.ordering import (
    NEUTRAL,
    Copied,
    binds_context,
    brought_before,
    configures,
    copied,
    crossed,
    independent,
)  # fmt: skip
from jettison.spans import Edit, Span
from jettison.stages import covers

_OWNED = ("/bin", "/etc", "/lib", "/lib64", "/opt", "/sbin", "/usr", "/var")
"""Folders that packages write to: there, what comes later wins, so the order is part of the result."""


@rule("JT201", order=22)
def deps_after_source(project: Project) -> Iterator[Finding]:
    """Dependencies are installed anew after every change of the sources.

    What:
        A COPY of the whole project, of a source folder or of source files stands before the install of its
        dependencies or of system packages.

    Why:
        A step is taken from the cache only while everything before it is unchanged. With the sources copied
        first, every edited line downloads and installs all dependencies again: seconds become minutes.

    How it is fixed:
        The manifests are copied first, then the install runs, then the sources are copied: package.json,
        requirements.txt, go.mod, pyproject.toml, pom.xml, *.csproj and the like, with their lock files, and
        for workspaces those of every member; patches/, prisma/ and the settings of the package manager too.
        Where the `# syntax=` line has `COPY --parents` (docker/dockerfile 1.20, or its labs channel), one of
        these stands for all members.
        Where the install and a build are one command (`go build`, `uv sync`, `composer install`, `dotnet
        publish`, `mvn package`), the command that only fetches is put before the COPY, and the one that was
        there stays. An install of system packages moves as a whole. Where the install shares a RUN with a
        build, the RUN is divided.

    When not:
        It is refused, with the reason, when the install may read more than is known: lifecycle scripts,
        `pip install .` and editable installs, local folders as dependencies, Cargo, or a RUN in between that
        may need the sources.

    References:
        https://docs.docker.com/build/cache/optimize/#order-your-layers
    """
    for stage in project.dockerfile.stages:
        yield from of_stage(project, stage)


def of_stage(project: Project, stage: Stage) -> Iterator[Finding]:
    """The finding for the first COPY of a stage that stands before an install."""
    if not any(i.keyword == "RUN" for i in stage.instructions):
        return
    for number, instruction in enumerate(stage.instructions):
        if instruction.keyword not in ("COPY", "ADD") or not _installs(project, stage, number):
            continue
        moved = copied(project, instruction)
        found = _judge(project, stage, number, moved) if moved is not None else None
        if found is not None:
            yield found
            return


def _installs(project: Project, stage: Stage, number: int) -> bool:
    """True when a later RUN calls a package manager: the context is not read for any other."""
    runs = (i for i in stage.instructions[number + 1 :] if i.keyword == "RUN")
    return any(needs(c).manager or c.name == "make" for run in runs for c in project.script(run).commands)


def _judge(project: Project, stage: Stage, number: int, moved: Copied) -> Finding | None:
    """The finding for the first install after a COPY of sources; None when there is none."""
    blocked = ""
    between: list[str] = []
    for later in stage.instructions[number + 1 :]:
        if later.keyword == "RUN":
            install = install_of(project, later)
            if install is not None and install.first and blocked and set(between) <= {"COPY", "ADD"}:
                return _finding(project, stage, moved, install, "", in_place=True)
            if install is not None:
                return _finding(project, stage, moved, install, blocked)
            if not independent(project, later):
                why = f"the RUN of line {later.start_line} stands between and may read the sources"
                blocked = blocked or why
        elif later.keyword in ("COPY", "ADD", "WORKDIR"):
            blocked = blocked or crossed(project, moved, later)
        elif later.keyword not in NEUTRAL:
            blocked = blocked or f"{later.keyword} of line {later.start_line} stands between"
        between.append(later.keyword)
    return None


def _finding(
    project: Project, stage: Stage, moved: Copied, install: Install, blocked: str, in_place: bool = False
) -> Finding | None:
    """With `in_place` the COPY stays where it is, and what is run first goes above it."""
    if binds_context(install.run):
        return None
    first = _manifests(project, stage, moved, install)
    if first is None:
        return None
    if (install.first or install.why) and installed_before(project, stage, moved.instruction, install):
        return None
    message = f"`{install.shown}` runs again after every change of a file, because this COPY stands before it"
    place, saving = moved.instruction.span, _saving(project, moved, install, first)
    blocked = blocked or install.why or (first if isinstance(first, str) else "")
    blocked = blocked or configures(project, moved, install.run) or settings(project, install, moved.dest)
    if not blocked and install.rest is not None and not install.first:
        blocked = indivisible(project, install)
    if blocked or isinstance(first, str):
        return Finding(place, message, saving, refused=blocked)
    own = moved.dest.startswith("/usr/src/")
    owned = not own and any(covers(folder, moved.dest) for folder in _OWNED)
    exact = (install.system or install.manager == "pip") and not owned and not install.first
    from jettison.rules.manifestcopies import keeps_parents, manifest_copies

    exact = exact and not keeps_parents(project, moved, first)
    title = "Install the dependencies before the sources are copied, so that a code edit keeps them cached"
    safety = Safety.SAFE if exact else Safety.PROVEN
    copies = manifest_copies(project, moved, first)
    if isinstance(copies, str):
        return Finding(place, message, saving, refused=copies)
    edits = _above(moved, install, copies) if in_place else _edits(project, moved, install, copies)
    return Finding(
        place, message, saving, Fix(title, edits, safety, allows=_allowance(project, moved, install))
    )


def _saving(project: Project, moved: Copied, install: Install, first: list[tuple[str, str]] | str) -> Saving:
    """The seconds of the install, or, where the history of the project is known, what it takes off a rebuild
    on average."""
    seconds = load("costs")["install_seconds"].get(install.manager, 10)
    from jettison.replay.touched import known

    if isinstance(first, str) or known(project) is None:
        return Saving(seconds=seconds)
    from jettison.rules.changing import share_kept

    share = share_kept(project, install.run, moved.instruction, [path for path, _ in first])
    return Saving(seconds=round(seconds * share, 1), basis=Basis.MODELLED)


def _allowance(project: Project, moved: Copied, install: Install) -> Allowance:
    """A lock file that the install itself writes, and the caches, which each run fills in another way."""
    from jettison.shell.packages import find_manager

    node = install.manager in ("npm", "yarn", "pnpm", "bun")
    lock = (posixpath.join(moved.dest, "*lock*"),) if node else ()
    manager = find_manager(install.manager)
    if install.system or manager is None:
        return Allowance(change=lock)
    variables = project.scope(install.run).variables
    home = variables.get("HOME", "/root")
    places = (*manager.left_behind(home, variables), *manager.cache_targets(home, variables))
    inside = tuple(dict.fromkeys(f"{place.rstrip('/*')}/*" for place in places))
    twice = (*(place.removesuffix("/*") for place in inside), "/root/*")
    caches = (*inside, *(twice if install.first or install.manager == "go" else ()))
    return Allowance(change=(*lock, *caches), appear=caches, vanish=caches)


def _manifests(
    project: Project, stage: Stage, moved: Copied, install: Install
) -> list[tuple[str, str]] | str | None:
    """Context paths that the install reads and that only this COPY brings, each with its place in the image;
    the reason when they are not certain; None when its manifests are not there at all.
    """
    found: dict[str, str] = {}
    for need in install.reads:
        if need.kind == "sources":
            return need.why if _reaches(project, moved, install) else None
        if need.kind != "manifests":
            continue
        at = project.scope(install.run).workdir
        folder = _folder(project, stage, moved, install, at)
        read = resolve(project.context, need, folder) if folder is not None else None
        if not isinstance(read, Reads):
            return read
        for number, path in enumerate((*read.files, *(f"{name}/" for name in read.folders))):
            plain = path.rstrip("/")
            target = posixpath.normpath(posixpath.join(at, posixpath.relpath(plain, folder or ".")))
            if brought_before(project, stage, moved, plain, target):
                continue
            if moved.brings(project, plain) == target:
                found[path] = target
            elif (number == 0 or need.paths) and from_context(project, target, install.run) != plain:
                return None
    return list(found.items())


def _folder(project: Project, stage: Stage, moved: Copied, install: Install, at: str) -> str | None:
    """The context folder whose files lie in the install's working directory; None when none does for sure."""
    if moved.folder is not None and covers(moved.dest, at):
        below = posixpath.relpath(at, moved.dest)
        return posixpath.normpath(posixpath.join(moved.folder, below)).removeprefix(".").lstrip("/")
    for each in stage.instructions:
        if each is install.run:
            break
        for source in taken(project, each):
            for file in source.files(project.context)[:200]:
                target = source.target(file.path, project.context)
                if covers(at, target):
                    below = posixpath.relpath(target, at)
                    if file.path == below or file.path.endswith("/" + below):
                        return file.path[: len(file.path) - len(below)].rstrip("/")
    return None


def _reaches(project: Project, moved: Copied, install: Install) -> bool:
    """True when the install runs where the COPY puts the sources."""
    at = project.scope(install.run).workdir
    return covers(moved.dest, at) or covers(at, moved.dest)


def _above(moved: Copied, install: Install, copies: list[str]) -> tuple[Edit, ...]:
    text = "\n".join((*copies, f"RUN {install.first}"))
    return (insert_before(moved.instruction, text, above_comments=True),)


def _edits(project: Project, moved: Copied, install: Install, copies: list[str]) -> tuple[Edit, ...]:
    copy, dockerfile = moved.instruction, project.dockerfile
    source, newline = dockerfile.source, dockerfile.newline.decode()
    block = Span(insert_before(copy, "", above_comments=True).span.start, copy.span.end)
    text = dockerfile.text(block).replace("\r\n", "\n")
    gap = source[copy.span.end : install.run.span.start]
    blank = "\n" if re.search(rb"\n[ \t]*\r?\n", gap) else ""
    if copies:
        edits = [Edit(block, "\n".join(copies).replace("\n", newline).encode("utf-8", "surrogateescape"))]
    else:
        bare = not gap.strip()
        end = copy.span.end + len(gap) - len(gap.lstrip()) if bare else source.find(b"\n", copy.span.end) + 1
        edits = [Edit(Span(block.start, end), b"")]
    flags = "".join(f" {dockerfile.text(flag.span)}" for flag in install.run.flags)
    if install.first:
        return (
            *edits,
            insert_before(install.run, f"RUN{flags} {install.first}\n{blank}{text}", above_comments=True),
        )
    if install.rest is None:
        return (*edits, insert_after(install.run, blank + text))
    between = f"\n{blank}{text}\n{blank}RUN{flags} ".replace("\n", newline)
    span = Span(install.last.span.end, install.rest.span.start)
    return (*edits, Edit(span, between.encode("utf-8", "surrogateescape")))
