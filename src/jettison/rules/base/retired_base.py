"""The base image has been given up, and something in this file fails for it."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from jettison.dockerfile import Stage
from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule


@rule("JT008")
def retired_base(project: Project) -> Iterator[Finding]:
    """The base image has been given up, and something in this file fails for it.

    What:
        A FROM on a distribution whose package servers have moved, beside a RUN that installs packages; or on
        an image that is withdrawn.

    Why:
        `apt-get update` fails with 404, `yum install` finds no mirror: the image can be built only as long as
        that layer is in somebody's cache.

    How it is fixed:
        The same version elsewhere: the repository that the image has moved to, or the tag of the same
        version on a Debian release whose packages are still served (the last patch of that version). Applied
        once real builds agree, which needs one of before: where that fails by now, the change is shown only.
        Where there is no such image, what its makers name instead is told: another release brings other
        versions of everything.

    When not:
        End of life alone is no finding: an old image without package installs builds as ever. Files that
        point apt to the archive servers themselves are left alone.

    References:
        https://www.debian.org/releases/
        https://www.centos.org/centos-linux-eol/
    """
    for stage in project.dockerfile.stages:
        if stage.base_stage is not None:
            continue
        reference = Reference.parse(project.base_of(stage))
        row = _row(reference)
        if row is not None and _concerned(project, stage, row):
            name = f"{reference.repository}:{reference.tag}" if reference.tag else reference.repository
            fix = _fix(project, stage, reference, row)
            yield Finding(
                stage.from_.span,
                f"{name} has been given up: {row['breaks']}",
                fix=fix if isinstance(fix, Fix) else None,
                refused=fix if isinstance(fix, str) else None,
            )


def _fix(project: Project, stage: Stage, reference: Reference, row: dict[str, Any]) -> Fix | str:
    """The same version elsewhere, or why there is none to be had."""
    from jettison.dockerfile.edit import replace
    from jettison.rules.basechange import other_system, why_base_stays

    if reason := why_base_stays(project, stage):
        return reason
    written = stage.base
    if "same" in row:
        if "$" in written:
            return f"its name comes out of a variable; {row['instead']}"
        name = reference.repository.rpartition("/")[2]
        new = row["same"].format(name=name, tag=reference.tag)
    else:
        new = _later_suite(reference, written) if row.get("suites") else ""
    if not new:
        return f"{row['instead']} brings other versions, so choosing it is yours"
    title = f"Start from {new}: the same version, which can still be built on"
    return Fix(
        title, (replace(stage.from_.words[0], new),), Safety.PROVEN, allows=other_system("/opt/*", "/usr*")
    )


def _later_suite(reference: Reference, written: str) -> str:
    """The word of FROM with a Debian release that is still served; "" where the version has none."""
    suites = load("slim-images")["suites"]
    old = next((part for part in reference.tag.split("-") if part in suites), "")
    version = reference.tag.partition("-")[0]
    known = load("retired-bases")["suites"].get(reference.repository, {})
    minor = next((v for v in (version, _shorter(version, 2), _shorter(version, 1)) if v in known), "")
    head, colon, tag = written.rpartition(":")
    words = tag.split("-")
    if not old or not minor or not colon or old not in words or words[0] != version:
        return ""
    return f"{head}:{'-'.join([minor, *(known[minor] if word == old else word for word in words[1:])])}"


def _shorter(version: str, count: int) -> str:
    """The first numbers of a version; "" unless it is one, or shorter itself."""
    parts = version.replace("u", ".").split(".")
    return ".".join(parts[:count]) if all(part.isdigit() for part in parts) and len(parts) > count else ""


def _row(reference: Reference) -> dict[str, Any] | None:
    for row in load("retired-bases")["retired"]:
        if not any(fnmatchcase(reference.repository, name) for name in row["images"]):
            continue
        numbers = "release_only" not in row or reference.repository in row["release_only"]
        for tag in row["tags"]:
            if fnmatchcase(reference.tag or "latest", tag) and (numbers or tag.startswith("*")):
                found: dict[str, Any] = row
                return found
    return None


def _concerned(project: Project, stage: Stage, row: dict[str, Any]) -> bool:
    """True when a RUN of the stage, or of one built FROM it, asks the servers that have moved."""
    if "manager" not in row:
        return True
    if any(
        word in project.dockerfile.source for word in (b"archive.", b"old-releases", b"vault.", b"mirror")
    ):
        return False
    from jettison.shell.packages import action

    stages = [each for each in project.dockerfile.stages if each is stage or each.base_stage == stage.index]
    for each in stages:
        for _, script in project.runs(each):
            for command in script.commands:
                done = action(command)
                if done is not None and done.manager.family == row["manager"] and done.verb != "clean":
                    return True
    return False
