"""The image ships the CUDA compiler, headers and static libraries."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.facts.bases import Reference
from jettison.findings import Finding, Saving
from jettison.project import Project
from jettison.rules import rule


@rule("JT011", order=15)
def cuda_devel_shipped(project: Project) -> Iterator[Finding]:
    """The image ships the CUDA compiler, headers and static libraries.

    What:
        The shipped stage stands on a `-devel` tag of nvidia/cuda, and nothing in the file compiles.

    Why:
        `devel` is `runtime` with nvcc, headers and static libraries: 2.6 GB more, which a program that is
        built never reads.

    How it is fixed:
        Suggested, never applied: the `-runtime` tag of the same version and system. A build can show that
        everything installs, but only a machine with a GPU that everything runs.

    When not:
        It is refused, with the name, when a RUN, CMD or script calls a compiler, or a Python package is
        installed that compiles against CUDA or calls a compiler when it runs (flash-attn, deepspeed, vllm,
        ...), or something is installed from a source folder.

    References:
        https://hub.docker.com/r/nvidia/cuda
    """
    if not project.shipped:
        return
    stage = project.shipped[0]
    reference = Reference.parse(project.base_of(stage))
    if "cuda" not in reference.repository:
        return
    from jettison.rules.cuda import cuda_tag, exchange, swapped

    tag = cuda_tag(reference)
    if tag is None or tag.flavour != "devel":
        return
    other = tag._replace(flavour="runtime")
    saved = tag.megabytes - other.megabytes
    message = f"{reference.tag} carries compiler and headers, {saved} MB more than {other.text}"
    saving = Saving(bytes=saved * 1_000_000)
    word = stage.from_.words[0]
    refused = _refusal(project, reference)
    written = swapped(stage.base, "-devel-", "-runtime-")
    if not refused and written is None:
        refused = "its tag comes out of a variable"
    yield exchange(word, written, f"{reference.repository}:{other.text}", message, saving, refused)


def _refusal(project: Project, reference: Reference) -> str:
    from jettison.facts import load
    from jettison.rules.commandsused import NotUnderstood, commands_used
    from jettison.rules.wheels import python_installs

    if reference.digest:
        return "it is pinned by digest: the twin has another"
    devel = load("gpu")["devel"]
    try:
        for used in commands_used(project, project.shipped):
            if used.name in devel["commands"]:
                return f"{used.where} calls {used.name}: build in a stage of its own, and copy the result"
    except NotUnderstood as problem:
        return str(problem)
    for stage in project.shipped:
        for install in python_installs(project, stage):
            for name in devel["packages"]:
                if name in install.names:
                    return f"{name} compiles against CUDA, or when it runs"
            if "git+" in install.text or any(
                not file.endswith((".txt", ".in", ".whl")) for file in install.action.files
            ):
                return f"line {install.run.start_line} installs from source, which may compile"
    return ""
