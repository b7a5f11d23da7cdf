"""A COPY from another stage depends on the layers below it."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import add_flag
from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.findings import Finding, Fix, Safety
from jettison.installs import needs
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.copies import taken
from jettison.rules.frontend import too_old
from jettison.rules.installing import before
from jettison.stages import covers

_ROOT = (None, "", "root", "0", "0:0", "root:root")
_USERS = frozenset(("useradd", "groupadd", "adduser", "addgroup"))


@rule("JT208", default=False)
def copy_without_link(project: Project) -> Iterator[Finding]:
    """A COPY from another stage depends on the layers below it.

    What:
        `COPY --from` without `--link` in the last stage, with no RUN below it that would have to run again
        anyway.

    Why:
        With `--link` the layer keeps its key when what is below it is another one: it is neither copied nor
        pushed again for a new base image, or for another RUN above it. Only the containerd image store can do
        that: on the classic store `--link` does nothing (measured). So this is off unless asked for.

    How it is fixed:
        `--link` is added where the destination is new, and every folder that leads to it is made by this
        Dockerfile as root, or is a plain folder of a well-known base image. For `--link` makes all of them
        anew: it follows no links there, and gives them back to root with mode 0755. A real build has to
        agree.

    When not:
        COPY with --chmod, which turns --link off. With --chown the folders above would change hands too, and
        by name nobody is known.

    References:
        https://docs.docker.com/reference/dockerfile/#copy---link
    """
    if too_old(project, 4):
        return
    stage = project.final_stage
    for number, copy in enumerate(stage.instructions if stage is not None else ()):
        if copy.keyword != "COPY" or not copy.flag("from") or copy.flag("link") or copy.flag("chmod"):
            continue
        assert stage is not None
        owner = copy.flag("chown")
        if owner is not None and not (owner.value or "").replace(":", "").isdigit():
            continue
        if any(later.keyword == "RUN" for later in stage.instructions[number + 1 :]):
            continue
        message = "with --link this layer would outlive a change below it, on the containerd image store"
        why = _obstacle(project, stage, copy)
        if why:
            yield Finding(copy.span, message, refused=why)
        else:
            fix = Fix("Let the layer stand by itself", (add_flag(copy, "--link"),), Safety.PROVEN)
            yield Finding(copy.span, message, fix=fix)


def _obstacle(project: Project, stage: Stage, copy: Instruction) -> str:
    """Why `--link` could give another image; "" when it cannot."""
    if copy.flag("chown"):
        return "with --link, --chown would also go to the folders that lead to the destination"
    if copy.dest is None or copy.heredocs or "$" in copy.args or {f.name for f in copy.flags} != {"from"}:
        return "where it copies to is not certain"
    base = Reference.parse(project.base_of(stage)).repository
    if base not in load("folders")["on"]:
        return f"--link does not follow links at the destination, and which folders {base} has is not known"
    dest = posixpath.normpath(posixpath.join(project.scope(copy).workdir, copy.dest.text))
    top = dest.split("/")[1]
    if base != "scratch" and (not top or top in load("folders")["top"]):
        if posixpath.dirname(dest) not in load("folders")["within"] or dest in load("folders")["real"]:
            there = posixpath.dirname(dest) if posixpath.dirname(dest) != "/" else dest
            return (
                f"--link makes {there} anew, which in the base image may have an owner or mode, or be a link"
            )
    elif dest == "/":
        return "what it copies may lie in folders that are there already"
    for earlier in before(project, stage, copy):
        why = _prepares(project, earlier, dest)
        if why:
            return why
    return ""


def _prepares(project: Project, earlier: Instruction, dest: str) -> str:
    """Why an instruction above may give the destination, or a folder that leads to it, an owner, a mode or a
    link; "" when it does not.
    """
    line = earlier.start_line
    if earlier.keyword == "WORKDIR":
        at = posixpath.normpath(posixpath.join(project.scope(earlier).workdir, earlier.args.strip()))
        if project.scope(earlier).user not in _ROOT and covers(at, dest):
            return f"WORKDIR of line {line} makes {at} for USER, and --link would give it back to root"
    elif earlier.keyword == "RUN":
        return _runs(project, earlier, dest)
    elif earlier.keyword in ("COPY", "ADD"):
        return _copies(project, earlier, dest)
    return ""


def _runs(project: Project, run: Instruction, dest: str) -> str:
    script, folder = project.script(run), "/" + "/".join(dest.split("/")[1:2])
    plain = script.ok and all(needs(c).kind == "nothing" or c.name in _USERS for c in script.commands)
    at = project.scope(run).workdir
    if not plain or folder in project.dockerfile.text(run.span) or (at != "/" and covers(folder, at)):
        return f"the RUN of line {run.start_line} may make a folder that leads to {dest}, in its own way"
    return ""


def _copies(project: Project, copy: Instruction, dest: str) -> str:
    """What lies beside the destination is fine; a tree above it may bring folders with modes, or links."""
    written = copy.dest.text if copy.dest is not None else ""
    at = posixpath.normpath(posixpath.join(project.scope(copy).workdir, written))
    folder = "/" + dest.split("/")[1]
    if not covers(at, folder) and not covers(folder, at):
        return ""
    if copy.keyword == "COPY" and {f.name for f in copy.flags} <= {"from", "link"} and "$" not in copy.args:
        if not covers(at, dest) and not covers(dest, at):
            return ""
        sources = () if copy.heredocs else tuple(taken(project, copy))
        targets = [s.target(f.path, project.context) for s in sources for f in s.files(project.context)]
        if targets and dest not in targets and all(posixpath.dirname(each) == at for each in targets):
            return ""
    return f"{copy.keyword} of line {copy.start_line} may bring folders that lead to {dest}"
