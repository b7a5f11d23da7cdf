"""`jettison base`: the images that a project could stand on, with sizes, libc and consequences."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

import click

from jettison.cli.console import Console
from jettison.cli.options import build_arguments, context_option, format_option, target_options
from jettison.cli.sources import Request, find_one, open_project
from jettison.errors import UsageError

if TYPE_CHECKING:
    from jettison.facts.bases import Reference
    from jettison.project import Project


class Choice(NamedTuple):
    """One image to stand on: MB of uncompressed layers by rule of thumb, and what speaks for and against."""

    image: str
    megabytes: int
    libc: str
    says: str


@click.command("base")
@click.argument("path", default=".", metavar="[PATH]")
@context_option
@target_options
@format_option
@click.pass_obj
def command(
    console: Console,
    path: str,
    context: str | None,
    build_args: tuple[str, ...],
    target: str | None,
    form: str,
) -> int:
    """Show the base images that this project could stand on, with MB, libc and consequences.

    PATH is a Dockerfile or its folder (default: this one). For Alpine the project's lock file is read: every
    package without a build for musl is named. Nothing is changed. Exit codes: 0 shown, 2 cannot run.
    """
    if form not in ("text", "json"):
        raise UsageError(f"there is no format {form!r} here", "text or json")
    project = open_project(find_one(path, context), Request(context, target, build_arguments(build_args)))
    roots = [stage for stage in project.shipped if stage.base_stage is None]
    found = [(base, choices(project, base)) for stage in roots if (base := project.base_of(stage))]
    if form == "json":
        import json

        rows = [{"image": base, "choices": [row._asdict() for row in each]} for base, each in found]
        console.out(json.dumps({"version": 1, "date": _date(), "bases": rows}, indent=2) + "\n")
    else:
        console.out("".join(_text(base, each) for base, each in found) or "There is no stage.\n")
    console.flush()
    return 0


def choices(project: Project, base: str) -> list[Choice]:
    """The image as it is and its smaller relatives; empty for an image that is not in the table."""
    from jettison.facts.bases import Reference, base_facts, base_megabytes

    reference = Reference.parse(base)
    facts = base_facts(reference.repository)
    if facts is None:
        return []
    name = reference.repository
    version = _version(reference)
    libc = "musl" if reference.musl else "glibc"
    rows = [Choice(base, base_megabytes(reference), libc, "as it is")]
    if facts.slim and "slim" not in reference.tag:
        tag = f"{version}-{facts.slim}" if version else facts.slim
        says = "the same release without compilers, git and curl; apt-get and a shell are there"
        rows.append(Choice(f"{name}:{tag}", facts.slim_mb, "glibc", says))
    if facts.alpine_mb and not reference.musl:
        tag = f"{version}-alpine" if version else "alpine"
        rows.append(Choice(f"{name}:{tag}", facts.alpine_mb, "musl", _musl(project, name)))
    if facts.language == "go":
        says = "for a static program: certificates, time zones, users; no shell for RUN or a health check"
        rows.append(Choice("gcr.io/distroless/static-debian12", 2, "none", says))
    return rows


def _version(reference: Reference) -> str:
    first = reference.tag.partition("-")[0]
    return first if first[:1].isdigit() else ""


def _musl(project: Project, name: str) -> str:
    """What the lock file says about musl."""
    from jettison.context.locks import node_packages, python_packages
    from jettison.facts import load

    if name not in ("python", "node"):
        return "apk and BusyBox; DNS, locales and thread stacks are musl's"
    pinned = (python_packages if name == "python" else node_packages)(project.context)
    facts = load("musl")[name]
    missing = dict.fromkeys(each.name for each in pinned if each.name in facts["none"])
    if missing:
        return f"no: {', '.join(missing)} cannot be had for musl"
    unknown = [each.name for each in pinned if each.name not in facts.get("has", ())]
    if not pinned:
        return "no lock file says which packages it would need"
    if unknown:
        return f"{len(unknown)} of {len(pinned)} packages are not in the table: only a build can tell"
    return "every package has a build for musl"


def _text(base: str, rows: list[Choice]) -> str:
    if not rows:
        return f"{base}: its sizes and relatives are not known here\n"
    width = max(len(row.image) for row in rows)
    lines = [f"{row.image:{width}s}  {row.megabytes:6,d} MB  {row.libc:5s}  {row.says}" for row in rows]
    note = f"MB of uncompressed layers, rule of thumb, facts of {_date()}"
    return "\n".join([*lines, "", note]) + "\n"


def _date() -> str:
    from jettison.facts import load

    return str(load("base-images")["date"])
