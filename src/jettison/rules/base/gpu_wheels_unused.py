"""PyTorch comes with CUDA, and nothing here uses a GPU."""

from __future__ import annotations

from collections.abc import Iterator
from fnmatch import fnmatchcase
from typing import Any

from jettison.facts.bases import Reference
from jettison.findings import Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import rule

_FILES = 400
_READ = 200_000


@rule("JT010")
def gpu_wheels_unused(project: Project) -> Iterator[Finding]:
    """PyTorch comes with CUDA, and nothing here uses a GPU.

    What:
        pip installs torch, torchvision or torchaudio from PyPI in a shipped stage without any sign of a GPU:
        no NVIDIA base or variable, no word of CUDA in the project's files.

    Why:
        On Linux x86-64 the wheels of PyPI bring the CUDA libraries as packages `nvidia-*`: 3.5 GB and more
        that a program on a CPU never loads.

    How it is fixed:
        Suggested, never applied: `--extra-index-url` with PyTorch's CPU index makes pip prefer the wheels
        without CUDA, of the same versions. Whether the machines have a GPU cannot be seen in a build.

    When not:
        A base image for GPUs, or one that is not known; an index or a variant that has been chosen; NVIDIA
        variables; ARM platforms. Where a file of the project speaks of CUDA, that file is named and no fix is
        offered. Locks and hashes pin other files than the CPU index has: the lock has to be made anew.

    References:
        https://pytorch.org/get-started/locally/
        https://github.com/opea-project/GenAIComps/issues/1783
    """
    if not project.shipped or not _plain_base(project):
        return
    source = project.dockerfile.source.lower()
    if b"nvidia" in source or b"cuda" in source or not any(w in source for w in (b"pip", b"uv ", b"poetry")):
        return
    from jettison.facts import load
    from jettison.rules.wheels import python_installs

    facts = load("gpu")
    for stage in project.shipped:
        for install in python_installs(project, stage):
            wanted = [name for name in facts["wheel"] if name in install.names]
            if not wanted or any(word in install.text for word in facts["chosen"]["words"]):
                continue
            row = facts["wheel"][wanted[0]]
            message = (
                f"{wanted[0]} from PyPI brings CUDA, about {row['mb']} MB that a program on a CPU never loads"
            )
            saving = Saving(bytes=row["mb"] * 1_000_000)
            fix = _fix(project, install, row["index"])
            if isinstance(fix, Fix):
                yield Finding(install.run.span, message, saving, fix)
            else:
                yield Finding(install.run.span, message, saving, refused=fix)
            return


def _plain_base(project: Project) -> bool:
    """True for the images of which it is known that they bring neither CUDA nor PyTorch."""
    stage = project.shipped[0]
    reference = Reference.parse(project.base_of(stage))
    platform = (stage.platform or "").lower()
    plain = reference.repository in ("python", "debian", "ubuntu", "ghcr.io/astral-sh/uv")
    return plain and not reference.musl and not reference.windows and "arm" not in platform


def _fix(project: Project, install: Any, index: str) -> Fix | str:
    """The suggestion, or why there is none."""
    used = _gpu_use(project)
    if used:
        return f"{used} speaks of a GPU: whether one is there is yours to say"
    if install.action.manager.name != "pip":
        return f"{install.action.manager.name} needs {index} as a source in pyproject.toml, and a new lock"
    if "--hash=" in install.text or "--require-hashes" in install.text:
        return f"the requirements are pinned by hash: compile them again with {index}"
    from jettison.shell.render import Refusal, add_option

    edits = add_option(install.script, install.action.command, f"--extra-index-url={index}")
    if isinstance(edits, Refusal):
        return edits.reason
    return Fix("Take PyTorch's wheels without CUDA", edits, Safety.SUGGEST)


def _gpu_use(project: Project) -> str:
    """The first file of the context that speaks of a GPU; "" for none."""
    from jettison.facts import load

    use = load("gpu")["use"]
    words = [word.encode() for word in use["words"]]
    read = 0
    for file in project.context.files:
        name = file.path.rpartition("/")[2]
        if file.kind != "file" or not any(fnmatchcase(name, glob) for glob in use["files"]):
            continue
        read += 1
        if read > _FILES:
            return "one of very many files perhaps"
        text = project.context.read(file.path, _READ).lower()
        if any(word in text for word in words):
            return file.path
    return ""
