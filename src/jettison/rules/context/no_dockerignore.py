"""Without a .dockerignore, a COPY takes what the image does not need."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.facts import load
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.ignorefile import allowance, described, matters, saving, sections, title
from jettison.rules.keeping import mention
from jettison.rules.unneeded import Kept, Unneeded, expected, unneeded

_HEAD = "# Docker's rules, not git's: a name without **/ is meant in the top folder only.\n"


@rule("JT301", order=5)
def no_dockerignore(project: Project) -> Iterator[Finding]:
    """Without a .dockerignore, a COPY takes what the image does not need.

    What:
        There is no `.dockerignore`, and `COPY . .` (or another folder) takes `.git`, packages of the host,
        caches, editor files or secrets along. Found by reading the build context; the sizes are measured.

    Why:
        All of it is sent to the builder and lands in a layer. `.git` changes with every commit, so the COPY
        and everything after it runs again even when no source changed. A `.env` or a key in a layer is
        readable by everyone who can pull the image.

    How it is fixed:
        A `.dockerignore` is written from what is really there, by groups, in Docker's own syntax, with what
        will be there after the next install and with the Dockerfile itself. It is applied when a real build
        agrees that nothing else disappears from the image and that the program still answers.

    When not:
        Nothing is ignored that a COPY, a mount or another instruction names, nor lockfiles and manifests.
        `node_modules` stays when no RUN installs it, `.git` when the build reads it: `git describe`,
        setuptools_scm, versioneer, hatch-vcs, vergen, git-commit-id, `debug.ReadBuildInfo`. The file says so.
        A program that reads its `.env` from the image has to be given it at run time: `docker run --env-file
        .env`.

    References:
        https://docs.docker.com/build/concepts/context/#dockerignore-files
        https://github.com/moby/patternmatcher
    """
    if project.context.ignore is not None:
        return
    found, kept = unneeded(project)
    if not any(each.kind.secret or matters(each) for each in found):
        return
    copy = found[0].taker.copy
    fix = Fix(
        f"Write a .dockerignore that leaves out {described(found)}",
        safety=Safety.PROVEN,
        files={".dockerignore": _text(project, found, kept).encode("utf-8", "surrogateescape")},
        allows=allowance(found),
    )
    message = f"without a .dockerignore, {copy.keyword} {found[0].taker.source} takes {described(found)}"
    yield Finding(found[0].taker.span, message, saving(found), fix)


def _text(project: Project, found: tuple[Unneeded, ...], kept: tuple[Kept, ...]) -> str:
    docker = load("context-leave")["titles"]["docker"]
    parts = [(title(each.kind), each.patterns) for each in found]
    parts += [(title(kind), kind.patterns) for kind in expected(project, kept)]
    parts.append((docker, () if mention(project, ".dockerignore") else (".dockerignore",)))
    parts.sort(key=lambda part: part[0] == docker)
    return _HEAD + sections(parts, kept)
