"""A COPY takes junk or secrets that the .dockerignore does not name."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Basis, Finding, Fix, Safety, Saving
from jettison.project import Project, ignore_path
from jettison.rules import rule
from jettison.rules.amounts import size
from jettison.rules.copies import Taken
from jettison.rules.ignorefile import allowance, described, longer, matters, saving, sections, title
from jettison.rules.keeping import mention
from jettison.rules.taking import how_taken, sources
from jettison.rules.unneeded import Unneeded, unneeded
from jettison.rules.widening import missed

_HEAVY = 50_000_000


@rule("JT302", order=5)
def context_bloat(project: Project) -> Iterator[Finding]:
    """A COPY takes junk or secrets that the .dockerignore does not name.

    What:
        There is a `.dockerignore`, and `COPY . .` (or another folder) still takes `.git`, packages of the
        host, build outputs, caches or secrets along; or a single file of 50 MB and more that nothing names.
        Found by reading the build context with Docker's own rules, which are not git's: `node_modules` means
        the one in the top folder, `**/node_modules` every one.

    Why:
        It is sent to the builder, lands in a layer, and whenever it changes the COPY and everything after it
        runs again. Secrets in a layer are readable by everyone who can pull the image.

    How it is fixed:
        Lines are added at the end of the `.dockerignore`; what is there stays as it is. Applied when a real
        build agrees that nothing else disappears from the image and that the program still answers.

    When not:
        Nothing is ignored that a COPY, a mount or another instruction names, that a `!` line brings back, or
        that the build needs: `.git` with setuptools_scm and its like, `node_modules` that no RUN installs. A
        heavy file is only named: whether the program reads it at run time is not known.

    References:
        https://docs.docker.com/build/concepts/context/#dockerignore-files
        https://github.com/moby/patternmatcher
    """
    if project.context.ignore is not None and not project.context.ignore.problems:
        found = tuple(each for each in unneeded(project)[0] if each.kind.secret or matters(each))
        narrow = {junk.kind.name for each in missed(project, found) for junk in each.junk}
        if found := tuple(each for each in found if each.kind.name not in narrow):
            yield _junk(project, found)
    yield from _heavy_files(project)


def _junk(project: Project, found: tuple[Unneeded, ...]) -> Finding:
    path = ignore_path(project.context)
    copy = found[0].taker.copy
    message = f"{copy.keyword} {found[0].taker.source} takes {described(found)}; {path} does not name it"
    if path.startswith("../"):
        why = f"{path} lies outside the build context"
        return Finding(found[0].taker.span, message, saving(found), refused=why)
    fix = Fix(
        f"Leave out {described(found)} in {path}",
        safety=Safety.PROVEN,
        files={path: longer(project, sections((title(each.kind), each.patterns) for each in found))},
        allows=allowance(found),
    )
    return Finding(found[0].taker.span, message, saving(found), fix)


def _heavy_files(project: Project) -> Iterator[Finding]:
    """Files of 50 MB and more that a folder brings along, and that no instruction names."""
    wide = sources(project)
    heavy = [file for file in project.context.files if file.size >= _HEAVY] if wide else []
    for file in heavy:
        takers: list[Taken] = [source for source in wide if how_taken(project, file.path, source) == "along"]
        if takers and not mention(project, file.path.rpartition("/")[2]):
            stage = project.dockerfile.stage_of(takers[0].copy)
            saved = file.size if stage in project.shipped else 0
            yield Finding(
                takers[0].span,
                f"{takers[0].copy.keyword} {takers[0].source} takes {file.path}, {size(file.size)}",
                Saving(bytes=saved, basis=Basis.MEASURED),
                refused="the program may read it at run time: if not, name it in .dockerignore",
            )
