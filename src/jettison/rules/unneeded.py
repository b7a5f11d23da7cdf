"""Junk of the build context that some COPY takes and nothing needs: what a .dockerignore should name."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any, NamedTuple

from jettison.context import IgnoreFile
from jettison.context.junk import JunkKind, find_junk, junk_kinds
from jettison.facts import load
from jettison.findings import Allowance
from jettison.project import Project
from jettison.rules.copies import Taken
from jettison.rules.keeping import Sources, git_ignores, leave_row, mention_path, restored, why_needed
from jettison.rules.taking import how_taken, named, places, sources, stamped_programs
from jettison.stages import covers

WORTH = 64_000
"""Bytes below which junk is not worth a finding, unless it is secret or changes with every commit."""

_MOST_PLACES = 20
"""More places than this in the image are described by the kind's patterns instead of one by one."""


class Unneeded(NamedTuple):
    """Junk of one kind that a COPY takes: `patterns` name it, `bytes` count it in the context, `shipped` in
    the image; `taker` is a source that brings it along.
    """

    kind: JunkKind
    patterns: tuple[str, ...]
    paths: tuple[str, ...]
    bytes: int
    shipped: int
    allows: Allowance
    taker: Taken


class Kept(NamedTuple):
    """Junk by its name that stays in the context, and why."""

    kind: JunkKind
    why: str


def unneeded(project: Project) -> tuple[tuple[Unneeded, ...], tuple[Kept, ...]]:
    """The junk that could stay behind, heaviest first, and the junk that may not; worked out once."""
    key = "unneeded", project.dockerfile.source, project.target, tuple(project.build_args.items())
    return project.once(key, lambda: _judged(project))


def _judged(project: Project) -> tuple[tuple[Unneeded, ...], tuple[Kept, ...]]:
    wide = sources(project)
    found: list[Unneeded] = []
    kept: list[Kept] = []
    seen: list[str] = []
    everything = project.once("junk", lambda: find_junk(project.context)) if wide else ()
    files = Sources(project, (path for junk in everything for path in junk.paths))
    for junk in everything:
        row = leave_row(junk.kind.name)
        if row is None:
            continue
        seen += junk.paths
        kind = _narrowed(junk.kind, row)
        paths, why = _brought_along(project, kind, row, junk.paths, wide)
        if paths:
            why = why_needed(project, row, paths, files)
        if why:
            kept.append(Kept(kind, why))
        elif paths:
            found.append(_unneeded(project, kind, paths, "restored_by" in row))
    if ignored := _not_in_git(project, wide, seen):
        kind = JunkKind("ignored by git", "ignored", tuple(ignored), "what git ignores")
        found.append(_unneeded(project, kind._replace(contains="-"), ignored, False))
    return tuple(sorted(found, key=lambda each: -each.bytes)), tuple(kept)


def expected(project: Project, kept: tuple[Kept, ...]) -> tuple[JunkKind, ...]:
    """Junk that is not there yet and will be: what the ecosystems of the project leave in a working copy."""
    final = project.final_stage
    families = {found.ecosystem.family for found in project.ecosystems}
    stages = project.dockerfile.lineage(final) if final is not None else ()
    wanted = {
        row["junk"]
        for row in load("context-leave")["leave"]
        if row.get("family") in families
        and any(restored(project, row, stage, row["junk"]) for stage in stages)
    }
    stays = {each.kind.name for each in kept}
    return tuple(kind for kind in junk_kinds() if kind.name in wanted - stays)


def _narrowed(kind: JunkKind, row: dict[str, Any]) -> JunkKind:
    """The kind without the patterns that are never left out."""
    never = row.get("never", ())
    return kind._replace(patterns=tuple(p for p in kind.patterns if p not in never)) if never else kind


def _brought_along(
    project: Project, kind: JunkKind, row: dict[str, Any], junk: tuple[str, ...], wide: list[Taken]
) -> tuple[dict[str, list[Taken]], str]:
    """The paths that come along with a folder, with what takes them; and why another one stays."""
    sure = _all_of(pattern for pattern in kind.patterns if pattern not in row.get("careful", ()))
    any_ = _all_of(kind.patterns)
    paths: dict[str, list[Taken]] = {}
    why = ""
    for path in _inside(project, any_, junk):
        if not (sure.excludes(path) or git_ignores(project, path)):
            continue
        takers = [source for source in wide if how_taken(project, path, source) == "along"]
        if line := named(project, path, wide):
            why = f"line {line} names {path}"
        elif takers and not _brought_back(project, path):
            paths[path] = takers
    return paths, why


def _not_in_git(project: Project, wide: list[Taken], seen: list[str]) -> dict[str, list[Taken]]:
    """Folders that git ignores and no instruction names: a clean checkout is built without them."""
    found: dict[str, list[Taken]] = {}
    known = set(seen)
    above = {path[:at] for path in seen for at, character in enumerate(path) if character == "/"}
    for folder in project.context.folders if wide else ():
        if folder.count("/") > 1 or folder in above or any(covers(path, folder) for path in found):
            continue
        if folder in known or folder.partition("/")[0] in known:
            continue
        if not git_ignores(project, folder) or _weight(project, folder) < WORTH:
            continue
        takers = [source for source in wide if how_taken(project, folder, source) == "along"]
        names = (folder, *(taker.target(folder, project.context) for taker in takers))
        called = named(project, folder, wide) or any(mention_path(project, name) for name in names)
        if takers and not called and not _brought_back(project, folder):
            found[folder] = takers
    return found


def _inside(project: Project, matcher: IgnoreFile, junk: tuple[str, ...]) -> Iterator[str]:
    """The paths that still match without the patterns that are never left out, or the files in them that
    do."""
    for path in junk:
        if matcher.excludes(path):
            yield path
        else:
            yield from (file.path for file in project.context.under(path) if matcher.excludes(file.path))


def _brought_back(project: Project, path: str) -> bool:
    """True when a `!` line of the ignore file names it: the user wants it."""
    ignore = project.context.ignore
    wanted = [line.pattern for line in ignore.lines if line.negated] if ignore is not None else []
    return bool(wanted) and _all_of(wanted).excludes(path)


def _unneeded(project: Project, kind: JunkKind, paths: dict[str, list[Taken]], remade: bool) -> Unneeded:
    total = shipped = 0
    in_image: list[str] = []
    for path, takers in paths.items():
        weight = _weight(project, path)
        at = [place for taker in takers for place in places(project, taker, path)]
        total += weight
        shipped += weight * len(at)
        in_image += at
    patterns = _patterns(kind, tuple(paths))
    if len(in_image) > _MOST_PLACES:
        in_image = ["*/" + pattern.rpartition("**/")[2] for pattern in patterns]
    globs = tuple(pattern for place in in_image for pattern in (place, place + "/*"))
    allows = Allowance(globs, globs, globs) if remade else Allowance(vanish=globs)
    if kind.group == "history":
        allows |= Allowance(change=tuple(stamped_programs(project)))
    takers = [each for several in paths.values() for each in several]
    first = next((t for t in takers if project.dockerfile.stage_of(t.copy) in project.shipped), takers[0])
    return Unneeded(kind, patterns, tuple(paths), total, shipped, allows, first)


def _all_of(patterns: Iterable[str]) -> IgnoreFile:
    return IgnoreFile.parse("\n".join(patterns).encode("utf-8", "surrogateescape"))


def _weight(project: Project, path: str) -> int:
    inside = project.context.under(path)
    return sum(file.size for file in inside or project.context.match(path))


def _patterns(kind: JunkKind, paths: tuple[str, ...]) -> tuple[str, ...]:
    """One of the kind's patterns that names all these paths, else the first ones that do together.

    A kind that is known by its content has files beside it that have the same suffix and are no junk.
    """
    if kind.contains:
        return tuple(literal(path) for path in paths)
    matchers = [(pattern, IgnoreFile.parse(pattern.encode())) for pattern in kind.patterns]
    for pattern, matcher in matchers:
        if all(matcher.excludes(path) for path in paths):
            return (pattern,)
    chosen = []
    left = set(paths)
    for pattern, matcher in matchers:
        hit = {path for path in left if matcher.excludes(path)}
        if hit:
            chosen.append(pattern)
            left -= hit
    return tuple(chosen)


def literal(path: str) -> str:
    """The pattern that means this one path."""
    escaped = "".join("\\" + character if character in "*?[\\" else character for character in path)
    return "/" + escaped if escaped[0] in "!#" else escaped
