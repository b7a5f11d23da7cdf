"""ADD fetches a URL whose content may be another one tomorrow."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator

from jettison.dockerfile import Instruction, Stage
from jettison.dockerfile.edit import add_flag
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.frontend import too_old

_SUM = re.compile(r"(?<![0-9a-fA-F])([0-9a-f]{64})[ \t]+\*?([^\s\"'\\|;&<>]+)")
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?[ \t]+\*?([^\s\"'\\|;&<>]+)")


@rule("JT206", default=False)
def add_url_without_checksum(project: Project) -> Iterator[Finding]:
    """ADD fetches a URL whose content may be another one tomorrow.

    What:
        `ADD https://…` without `--checksum`.

    Why:
        The builder asks the server again at every build, and takes what it says: a new Last-Modified makes
        every later step run again, another content goes unnoticed into the image.

    How it is fixed:
        With `--checksum=sha256:…`, which pins the content and its cache key. Where a later RUN compares the
        file with a sum by `sha256sum -c`, that sum is taken: the build would fail without it too, only later.
        Elsewhere it is not known here, and it is said how to get it. Off by default, as it is a question of
        policy.

    When not:
        Git repositories, which have their commit.

    References:
        https://docs.docker.com/reference/dockerfile/#add---checksum
    """
    for stage in project.dockerfile.stages:
        for add in stage.instructions:
            if add.keyword != "ADD" or add.flag("checksum") or add.error:
                continue
            for word in add.sources:
                url = word.text
                if url.startswith(("http://", "https://")) and ".git" not in url:
                    yield _finding(project, stage, add, url)


def _finding(project: Project, stage: Stage, add: Instruction, url: str) -> Finding:
    message = f"{url} is fetched anew at every build, whatever it is by then"
    total = _compared(project, stage, add, url)
    if not total:
        get = f"ADD --checksum=sha256:…, with the sum that `curl -fsSL {url} | sha256sum` says"
        one = "each URL wants an ADD of its own for that, and " if len(add.sources) > 1 else ""
        return Finding(add.span, message, refused=f"{one}the sum is not known here: {get}")
    fix = Fix(
        "Pin it to the sum that a later RUN compares it with",
        (add_flag(add, f"--checksum=sha256:{total}"),),
        Safety.PROVEN,
    )
    return Finding(add.span, message, fix=fix)


def _compared(project: Project, stage: Stage, add: Instruction, url: str) -> str:
    """The sum, or the variable that holds it, by which a later RUN of the stage checks the file; "" without.

    The RUN fails on another content, so the builder may as well. Nothing between may change the file.
    `--checksum` came with docker/dockerfile 1.6.
    """
    if too_old(project, 6):
        return ""
    dest = add.dest.text if add.dest is not None else ""
    if len(add.sources) != 1 or "$" in dest or not dest:
        return ""
    place = posixpath.normpath(posixpath.join(project.scope(add).workdir, dest))
    if dest.endswith(("/", "/.")) or dest == ".":
        place = posixpath.join(place, posixpath.basename(url.partition("?")[0].partition("#")[0]))
    for later in stage.instructions[stage.instructions.index(add) + 1 :]:
        if later.keyword == "RUN":
            return _in_run(project, add, later, place)
        if later.keyword in ("COPY", "ADD", "SHELL", "ONBUILD"):
            return ""
    return ""


def _in_run(project: Project, add: Instruction, run: Instruction, place: str) -> str:
    """The sum in the first RUN below, where the comparison is its first work and its failure ends it."""
    script = project.script(run)
    first = next((c for c in script.commands if c.name not in ("set", "echo", "printf")), None)
    if script.form != "shell" or first is None or first.name != "sha256sum" or not first.must_succeed:
        return ""
    if not first.has_option("-c", "--check") or set(first.context) - {"pipeline"}:
        return ""
    before = project.dockerfile.text(run.span).partition("sha256sum")[0]
    here, there = project.scope(add), project.scope(run)
    for match in _SUM.finditer(before):
        if posixpath.normpath(posixpath.join(there.workdir, match[2])) == place:
            return match[1]
    for match in _VARIABLE.finditer(before):
        name, same = match[1], posixpath.normpath(posixpath.join(there.workdir, match[2])) == place
        if same and here.variables.get(name) and here.variables[name] == there.variables.get(name):
            return f"${name}" if re.fullmatch(r"[0-9a-f]{64}", here.variables[name]) else ""
    return ""
