"""The image stands on a full base although its -slim twin has all it calls."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.dockerfile import Stage
from jettison.dockerfile.edit import replace
from jettison.facts import load
from jettison.facts.bases import Base, Reference, base_facts
from jettison.facts.slim import slim_twin, with_tag
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.basechange import why_base_stays
from jettison.rules.copies import from_context
from jettison.shell.packages import action

if TYPE_CHECKING:
    from jettison.rules.commandsused import Used


@rule("JT001", order=15)
def oversized_base(project: Project) -> Iterator[Finding]:
    """The image stands on a full base although its -slim twin has all it calls.

    What:
        The base of the shipped stage is the full `python`, `node`, `ruby`, `perl`, `pypy`, `erlang`, `elixir`
        or `debian` image, of which a `-slim` twin with the same version and Debian release exists.

    Why:
        The full images carry compilers, version control and development headers: about 870 MB for python and
        node that no program uses at run time, pulled with the first deployment on every machine. golang, php,
        ubuntu, postgres and mysql have no such twin; rust's is a compiler too, which compiler-base-shipped
        speaks of.

    How it is fixed:
        The tag becomes that of the twin: same version, same C library, same package manager. Applied once a
        real build agrees: what needs a compiler or a header at install time fails there, and the change is
        dropped.

    When not:
        It is refused, with the command's name, when a RUN, CMD, ENTRYPOINT, HEALTHCHECK or a script of the
        context calls what only the full image has (git, curl, gcc, make, ps, unzip, ...) and no RUN installs
        it; when pip or npm fetch from git; when the base is pinned by digest or its tag comes out of
        variables that a suffix does not fit; when an ONBUILD says that other builds stand on this image.

    References:
        https://hub.docker.com/_/python (Image Variants)
        https://github.com/docker-library/buildpack-deps
    """
    if not project.shipped:
        return
    stage = project.shipped[0]
    reference = Reference.parse(project.base_of(stage))
    facts = base_facts(reference.repository)
    if facts is None or not facts.slim or reference.windows:
        return
    twin = slim_twin(reference)
    if twin is None:
        return
    word = stage.from_.words[0]
    name = project.base_of(stage)
    message = f"{name} carries {facts.size - facts.slim_mb} MB more than {reference.repository}:{twin}"
    saving = Saving(bytes=(facts.size - facts.slim_mb) * 1_000_000)
    raw = _written(stage.base, reference, twin)
    refused = _refusal(project, stage, reference) or ("" if raw else "its tag comes out of a variable")
    if refused or raw is None:
        yield Finding(word.span, message, saving, refused=refused)
        return
    yield Finding(word.span, message, saving, _fix(reference, twin, stage, raw, facts))


def _fix(reference: Reference, twin: str, stage: Stage, raw: str, facts: Base) -> Fix:
    differ = load("slim-images")["differ"]
    system, built = tuple(differ["system"]), tuple(differ["built"])
    return Fix(
        f"Start from {facts.repository}:{twin}: the same system without what only builds need",
        (replace(stage.from_.words[0], raw),),
        Safety.PROVEN,
        allows=Allowance(vanish=system, appear=(*system, *built), change=(*system, *built)),
    )


def _written(base: str, reference: Reference, twin: str) -> str | None:
    """The word of FROM with the twin's tag, variables kept; None when a suffix does not do."""
    if reference.digest:
        return None
    if "$" not in base:
        return with_tag(base, twin)
    if reference.tag and twin == f"{reference.tag}-slim":
        return f"{base}-slim"
    suite = reference.tag.rpartition("-")[2]
    if base.endswith(f"-{suite}") and twin.endswith(f"-slim-{suite}"):
        return f"{base.removesuffix(suite)}slim-{suite}"
    return None


def _refusal(project: Project, stage: Stage, reference: Reference) -> str:
    """Why the twin will not do; "" when nothing is known."""
    from jettison.rules.commandsused import NotUnderstood, commands_used, installed

    if reason := why_base_stays(project, stage):
        return reason
    table = load("slim-images")
    stages = project.dockerfile.below(stage)
    if reference.repository in table["complete"]["images"]:
        return ""
    own = table["own"].get(reference.repository, ())
    packages = {
        c: package for package, commands in table["missing"].items() for c in commands if c not in own
    }
    there = installed(project, stages)
    there = there.union(*(table["brings"].get(name, ()) for name in there))
    try:
        for used in commands_used(project, stages):
            package = packages.get(used.name)
            if package is not None and package not in there:
                return f"{used.where} calls {used.name}, which only the full image has"
            if "git" not in there and (source := _fetches_from_git(project, used, stages)):
                return f"{source} names packages in git, which only the full image has"
    except NotUnderstood as problem:
        return str(problem)
    return ""


def _fetches_from_git(project: Project, used: Used, stages: tuple[Stage, ...]) -> str:
    """The line or file that lets an install fetch from a git repository; "" for none."""
    done = action(used.command)
    row = load("slim-images")["git"].get(done.manager.family) if done is not None else None
    if done is None or row is None or done.verb not in ("install", "download"):
        return ""
    if any("git+" in package or package.startswith("github:") for package in (*done.packages, *done.files)):
        return used.where
    runs = [i for s in stages for i in s.instructions if used.where == f"line {i.start_line}"]
    for run, name in ((run, name) for run in runs for name in row["files"] or done.files):
        at = project.scope(run).workdir
        file = from_context(project, posixpath.normpath(posixpath.join(at, name)), run)
        content = project.context.read(file).decode("utf-8", "replace") if file else ""
        if re.search(row["says"], content, re.M):
            return file or ""
    return ""
