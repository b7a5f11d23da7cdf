"""wget draws its progress into the build log."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix
from jettison.project import Project
from jettison.rules import rule

_QUIET = (
    "-q",
    "--quiet",
    "-nv",
    "--no-verbose",
    "--progress",
    "-o",
    "--output-file",
    "-a",
    "--append-output",
)


@rule("JT672", aliases=("DL3047",), default=False)
def wget_progress(project: Project) -> Iterator[Finding]:
    """wget draws its progress into the build log.

    What:
        A wget in a RUN that says nothing about its progress.

    Why:
        Without a terminal wget writes a line for every 50 kB: thousands of them for a large file.

    How it is fixed:
        `-nv` is proposed. It is not applied: the wget of BusyBox has no such option, and which one is called
        is not known.

    When not:
        `-q`, `-nv`, `--progress`, and a log file.

    References:
        https://www.gnu.org/software/wget/manual/wget.html#Logging-and-Input-File-Options
        https://github.com/hadolint/hadolint/wiki/DL3047
    """
    if b"wget" not in project.dockerfile.source:
        return
    from jettison.shell.render import Refusal, add_option

    for stage in project.dockerfile.stages:
        for _, script in project.runs(stage):
            for command in script.named("wget"):
                words = [word.text or "" for word in command.arguments]
                if command.has_option(*_QUIET) or "-nv" in words:
                    continue
                message = "wget writes a line of progress for every 50 kB"
                made = add_option(script, command, "-nv")
                if isinstance(made, Refusal):
                    yield Finding(command.span, message, refused=made.reason)
                else:
                    yield Finding(command.span, message, fix=Fix("Say less with -nv", made))
