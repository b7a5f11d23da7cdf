"""The failure of the first command of a pipe goes unnoticed."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction
from jettison.dockerfile.scope import DEFAULT_SHELL
from jettison.facts.bases import Reference
from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.shell import Script
from jettison.spans import Edit, Span


@rule("JT665", aliases=("DL4006",), default=False)
def pipe_without_pipefail(project: Project) -> Iterator[Finding]:
    """The failure of the first command of a pipe goes unnoticed.

    What:
        A RUN with a pipe and without `set -o pipefail`, in a shell that has it.

    Why:
        `curl … | tar …` succeeds when curl fails, as only the last command counts.

    How it is fixed:
        With `set -o pipefail &&` in front, where the shell is bash by SHELL or the one of Alpine Linux, and a
        real build agrees. Refused elsewhere: dash, the shell of Debian, has no pipefail, and SHELL would hold
        for every later RUN.

    When not:
        A SHELL with pipefail.

    References:
        https://github.com/hadolint/hadolint/wiki/DL4006
    """
    for stage in project.dockerfile.stages:
        for run, script in project.runs(stage):
            if not script.ok or script.form == "json" or script.pipefail:
                continue
            if any("pipefail" in word for word in project.scope(run).shell):
                continue
            if any(item.kind == "pipeline" for item in script.items) or any(
                "pipeline" in c.context for c in script.commands
            ):
                message = "when a command before the last of a pipe fails, this RUN succeeds all the same"
                fix = _fix(project, run, script)
                if isinstance(fix, str):
                    yield Finding(run.span, message, refused=fix)
                else:
                    yield Finding(run.span, message, fix=fix)


def _fix(project: Project, run: Instruction, script: Script) -> Fix | str:
    """`set -o pipefail` first of all, or why not."""
    if not _has_pipefail(project, run):
        return "dash has no pipefail, and SHELL would hold for every later RUN"
    first = script.items[0]
    if script.form == "heredoc" or first.background or first.negated:
        return "it does not begin with a command that another can stand before"
    at = script.text.span(first.start, first.end).start
    return Fix(
        "Let the RUN fail with the first command that does",
        (Edit(Span(at, at), b"set -o pipefail && "),),
        Safety.PROVEN,
    )


def _has_pipefail(project: Project, run: Instruction) -> bool:
    """True for bash by SHELL, and for the shell of Alpine Linux; POSIX has it only since 2024."""
    shell = project.scope(run).shell
    if shell and shell[0].rpartition("/")[2] == "bash":
        return True
    stage = project.dockerfile.stage_of(run)
    if stage is None or shell != DEFAULT_SHELL:
        return False
    reference = Reference.parse(project.base_of(stage))
    return reference.repository == "alpine" or reference.musl
