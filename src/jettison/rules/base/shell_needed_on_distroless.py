"""A stage without a shell calls one."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Stage
from jettison.facts.bases import Reference
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.copies import is_archive

_SHELLS = ("/", "/bin", "/bin/", "/bin/sh", "/usr", "/usr/", "/usr/bin", "/usr/bin/", "/usr/bin/sh")
"""Where a COPY may bring a shell to."""


@rule("JT006")
def shell_needed_on_distroless(project: Project) -> Iterator[Finding]:
    """A stage without a shell calls one.

    What:
        A RUN, CMD, ENTRYPOINT or HEALTHCHECK in shell form in a stage on scratch or distroless.

    Why:
        There is no /bin/sh: a RUN fails the build, a CMD or ENTRYPOINT the start, and a HEALTHCHECK reports
        the container as unhealthy for ever.

    How it is fixed:
        CMD and ENTRYPOINT that need no shell are rewritten by `shell-form-command`. A RUN belongs into the
        builder stage; a health check needs a program of its own in exec form.

    When not:
        The `debug` tags have BusyBox. A stage into which a COPY or ADD may bring a shell, or whose SHELL is
        set, is left alone.

    References:
        https://github.com/GoogleContainerTools/distroless#entrypoints
    """
    for stage in project.dockerfile.stages:
        if not _without_shell(project, stage):
            continue
        for instruction in stage.instructions:
            keyword = instruction.keyword
            if keyword not in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK") or instruction.error:
                continue
            if instruction.json is not None or instruction.args.strip().upper() == "NONE":
                continue
            if keyword == "HEALTHCHECK" and "[" in instruction.args.partition("CMD")[2].lstrip()[:1]:
                continue
            when = "the build fails" if keyword == "RUN" else "the container cannot run it"
            yield Finding(
                instruction.span,
                f"{keyword} in shell form needs /bin/sh, which {stage.base} does not have: {when}",
                refused=_instead(keyword),
            )


def _instead(keyword: str) -> str:
    if keyword == "RUN":
        return "what it does belongs into the builder stage, and its result is copied"
    if keyword == "HEALTHCHECK":
        return "it needs a program of its own, in exec form, that is in the image"
    return "the exec form is needed; shell-form-command writes it where the command needs no shell"


def _without_shell(project: Project, stage: Stage) -> bool:
    if stage.base_stage is not None:
        return False
    reference = Reference.parse(project.base_of(stage))
    distroless = reference.repository.startswith("gcr.io/distroless/") and "debug" not in reference.tag
    if not distroless and reference.repository != "scratch":
        return False
    for instruction in stage.instructions:
        if instruction.keyword == "SHELL":
            return False
        if instruction.keyword in ("COPY", "ADD"):
            dest = instruction.dest.text if instruction.dest is not None else "/"
            if dest in _SHELLS or any(
                is_archive(word.text) or "$" in word.text for word in instruction.words
            ):
                return False
    return True
