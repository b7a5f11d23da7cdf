"""A static program stands on a distribution that it does not need."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Stage
from jettison.dockerfile.edit import replace
from jettison.facts.bases import Reference, base_facts, base_megabytes
from jettison.findings import Allowance, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule

_KEPT = frozenset(
    (
        "COPY",
        "ENV",
        "LABEL",
        "EXPOSE",
        "CMD",
        "ENTRYPOINT",
        "WORKDIR",
        "USER",
        "ARG",
        "STOPSIGNAL",
        "MAINTAINER",
    )
)
"""Instructions that need nothing of a distribution."""


@rule("JT003", order=40)
def static_binary_not_on_scratch(project: Project) -> Iterator[Finding]:
    """A static program stands on a distribution that it does not need.

    What:
        A last stage on debian, ubuntu, alpine or busybox into which only a statically linked Go program is
        copied, and which has no RUN.

    Why:
        The program needs no libc, shell or package manager. The distribution is pulled, scanned and patched
        for nothing: 75 MB and some hundred packages for debian-slim, where distroless static has 2 MB.

    How it is fixed:
        The stage starts FROM distroless static, which has certificates, time zones and /etc/passwd. Applied
        once a real build agrees that the program behaves as before.

    When not:
        A program that starts others (os/exec), loads plug-ins or reads files of the distribution; a CMD in
        shell form; a HEALTHCHECK; a USER by name other than root, nobody and nonroot.

    References:
        https://github.com/GoogleContainerTools/distroless/blob/main/base/README.md
    """
    stage = project.final_stage
    if stage is None or len(project.dockerfile.stages) < 2 or stage.base_stage is not None:
        return
    reference = Reference.parse(project.base_of(stage))
    facts = base_facts(reference.repository)
    if facts is None or facts.purpose != "system" or not _bare(stage):
        return
    from jettison.stages.linking import copied_programs

    copied = list(copied_programs(project, stage))
    copies = [i for i in stage.instructions if i.keyword == "COPY"]
    if not copied or any(each.built.language != "go" or each.dynamic(project) for each in copied):
        return
    if {each.copy.span for each in copied} != {copy.span for copy in copies}:
        return
    size = base_megabytes(reference)
    message = f"a static program needs nothing of {stage.base}, about {size} MB"
    saving = Saving(bytes=max(0, size - 2) * 1_000_000)
    why = _obstacle(project, stage)
    if why:
        yield Finding(stage.from_.span, message, saving, refused=why)
        return
    edit = replace(stage.from_.words[0], "gcr.io/distroless/static-debian12")
    from jettison.stages import SYSTEM_PATHS

    allows = Allowance(vanish=SYSTEM_PATHS, appear=SYSTEM_PATHS, change=SYSTEM_PATHS, config=("Env", "Cmd"))
    fix = Fix("Put the static program on distroless static", (edit,), Safety.PROVEN, allows=allows)
    yield Finding(stage.from_.span, message, saving, fix)


def _bare(stage: Stage) -> bool:
    return all(i.keyword in _KEPT and not i.error for i in stage.instructions) and any(
        i.keyword in ("CMD", "ENTRYPOINT") for i in stage.instructions
    )


def _obstacle(project: Project, stage: Stage) -> str:
    """Why the distribution may be needed; "" when nothing speaks for it."""
    for instruction in stage.instructions:
        if instruction.keyword in ("CMD", "ENTRYPOINT") and instruction.json is None:
            return f"{instruction.keyword} in shell form needs a shell"
        if instruction.keyword == "USER":
            name = instruction.args.partition(":")[0]
            if not name.isdigit() and name not in ("root", "nobody", "nonroot"):
                return f"the user {name} is not in /etc/passwd of distroless"
    from jettison.stages.linking import go_source

    source = go_source(project)
    if source is None:
        return "there is no go.mod at the root of the context, so what the program needs is not known"
    if source.programs:
        return f"{source.programs} starts other programs (os/exec)"
    if source.plugin:
        return f"{source.plugin} loads plug-ins"
    own = next((text for text in sorted(source.literals) if text.startswith(("/etc/", "/usr/", "/bin/"))), "")
    return f"the program names {own}" if own else ""
