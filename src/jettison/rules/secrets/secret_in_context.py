"""A COPY takes a file with a secret into a layer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.findings import Allowance, Finding, Fix, Safety
from jettison.project import Project, ignore_path
from jettison.rules import rule
from jettison.rules.taking import how_taken, places, sources

if TYPE_CHECKING:
    from jettison.rules.copies import Taken
    from jettison.rules.secretfiles import Held

_TOLD = 5
"""Files named in one finding."""


@rule("JT502", order=7)
def secret_in_context(project: Project) -> Iterator[Finding]:
    """A COPY takes a file with a secret into a layer.

    What:
        A COPY or ADD, of a folder or by name, takes a file that holds a private key, a token or a password:
        `.env`, `.npmrc`, `id_rsa`, `*.pem`, settings and the like, chosen by name and judged by the first
        64 KB of their text.

    Why:
        Everyone who can pull the image has the file, also when a later layer removes it. It usually goes
        unnoticed: CI builds from a clean checkout, a laptop does not.

    How it is fixed:
        The file is named in the ignore file, so that the builder never gets it. That changes the image, so a
        real build before and after has to agree that the program works without it.

    When not:
        Templates (`.env.example`), tests, examples and public keys; values such as `changeme`, `${TOKEN}` or
        a path. A file that a COPY names, that a RUN's tool wants (`.npmrc` and npm) or that another file of
        the project names is told and not ignored: it has to come in as a mount. No secret is ever printed.

    References:
        https://docs.docker.com/build/building/secrets/
        https://docs.docker.com/build/concepts/context/#dockerignore-files
    """
    takers = sources(project)
    if not takers:
        return
    from jettison.rules.secretfiles import held_in, suspects

    taken: dict[str, tuple[str, list[Taken]]] = {}
    for path in suspects(project):
        ways = [(how, source) for source in takers if (how := how_taken(project, path, source))]
        if ways and held_in(project, path) is not None:
            named = [source for how, source in ways if how == "named"]
            taken[path] = ("named" if named else "along", named or [source for _, source in ways])
    yield from _findings(project, taken)


def _findings(project: Project, taken: dict[str, tuple[str, list[Taken]]]) -> Iterator[Finding]:
    from jettison.rules.secretfiles import held_in

    groups: dict[tuple[int, str], list[tuple[Held, list[Taken]]]] = {}
    for path, (how, takers) in taken.items():
        held = held_in(project, path)
        assert held is not None
        why = _why_not(project, held, how, takers)
        first = next((t for t in takers if project.dockerfile.stage_of(t.copy) in project.shipped), takers[0])
        groups.setdefault((first.span.start, why), []).append((held, [first, *takers]))
    for (_, why), found in groups.items():
        taker = found[0][1][0]
        message = f"{taker.copy.keyword} {taker.source} puts secrets into a layer: {_told(found)}"
        where = ignore_path(project.context)
        if not why and where.startswith("../"):
            why = f"{where} lies outside the build context"
        if why:
            yield Finding(taker.span, message, refused=why)
        else:
            yield Finding(taker.span, message, fix=_fix(project, where, found))


def _told(found: list[tuple[Held, list[Taken]]]) -> str:
    told = ", ".join(f"{held.path} ({held.kind}, line {held.line})" for held, _ in found[:_TOLD])
    return told + (f" and {len(found) - _TOLD} more" if len(found) > _TOLD else "")


def _why_not(project: Project, held: Held, how: str, takers: list[Taken]) -> str:
    """Why the file is not ignored, and how it comes in instead; "" when nothing wants it."""
    name = held.path.rpartition("/")[2]
    target = takers[0].target(held.path, project.context)
    mount = f"RUN --mount=type=secret,id={name.strip('.')},target={target}"
    how_built = f"built with --secret id={name.strip('.')},src={held.path}"
    if how == "named":
        return f"it is copied by name, so something wants it: {mount}, {how_built}"
    for stage in project.dockerfile.stages:
        for run, script in project.runs(stage):
            if held.read_by and script.named(*held.read_by):
                return f"the RUN in line {run.start_line} may want it: {mount}, {how_built}"
    if why := _needed(project, held.path, takers):
        return f"{why}: give it to the container when it runs, or to the build by {mount}, {how_built}"
    return ""


def _needed(project: Project, path: str, takers: list[Taken]) -> str:
    from jettison.context import IgnoreFile
    from jettison.context.junk import junk_kinds
    from jettison.rules.keeping import Sources, leave_row, mention, why_needed

    if line := mention(project, path.rpartition("/")[2]):
        return f"line {line} names it"
    for kind in junk_kinds():
        row = leave_row(kind.name) if kind.secret else None
        if row is not None and IgnoreFile.parse("\n".join(kind.patterns).encode()).excludes(path):
            return why_needed(project, row, {path: takers}, Sources(project, (path,)))
    return ""


def _fix(project: Project, where: str, found: list[tuple[Held, list[Taken]]]) -> Fix:
    from jettison.rules.ignorefile import longer, sections
    from jettison.rules.unneeded import literal

    in_image = [place for held, takers in found for t in takers for place in places(project, t, held.path)]
    lines = tuple(literal(held.path) for held, _ in found)
    text = sections([("secrets: the program gets them when it runs", lines)])
    return Fix(
        "Keep the secrets out of the build context",
        safety=Safety.PROVEN,
        files={where: longer(project, text)},
        allows=Allowance(vanish=tuple(dict.fromkeys(in_image))),
    )
