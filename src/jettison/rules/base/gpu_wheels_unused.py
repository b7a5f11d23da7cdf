"""PyTorch brings CUDA to an image that has no use for it."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Instruction
from jettison.findings import Finding, Saving
from jettison.project import Project
from jettison.rules import rule
from jettison.shell.packages import Action


@rule("JT010")
def gpu_wheels_unused(project: Project) -> Iterator[Finding]:
    """PyTorch brings CUDA to an image that has no use for it.

    What:
        `pip install torch` (or a requirements file with it) in a stage on an image without CUDA, and without
        an index for CPU wheels.

    Why:
        PyPI's torch for Linux depends on NVIDIA's packages: about 3.5 GB that a machine without a GPU never
        loads (OPEA GenAIComps#1783).

    How it is fixed:
        With `--index-url https://download.pytorch.org/whl/cpu`, or that index in the requirements file. It is
        told and not applied: whether the container is given a GPU is not written down.

    When not:
        CUDA images, a CPU index, sources that call `.cuda()` or name a CUDA device, and versions with `+cpu`
        or `+cu`.

    References:
        https://pytorch.org/get-started/locally/
        https://github.com/opea-project/GenAIComps/issues/1783
    """
    if b"torch" not in project.dockerfile.source and b"-r" not in project.dockerfile.source:
        return
    from jettison.shell.packages import action

    for stage in project.shipped:
        base = project.base_of(stage)
        if any(word in base for word in ("cuda", "nvidia", "pytorch", "rocm")):
            continue
        for run, script in project.runs(stage):
            for command in script.commands if script.ok else ():
                done = action(command)
                if done is None or done.manager.name != "pip" or done.verb != "install":
                    continue
                if not _default_torch(project, run, done) or _uses_gpu(project):
                    continue
                yield Finding(
                    command.span,
                    "torch from PyPI brings CUDA along, about 3.5 GB that nothing here names a use for",
                    Saving(bytes=3_500_000_000),
                    refused="whether the container is given a GPU is not written down; without one: "
                    "--extra-index-url https://download.pytorch.org/whl/cpu",
                )


def _default_torch(project: Project, run: Instruction, done: Action) -> bool:
    """True when the command takes torch from PyPI itself."""
    text = project.dockerfile.text(done.command.span)
    if "/whl/cpu" in text or "index-url" in text or "+c" in text:
        return False
    if any(package.partition("=")[0].partition("[")[0] == "torch" for package in done.packages):
        return True
    for option in done.options:
        if option.name in ("-r", "--requirement") and option.value:
            content = project.context.read(option.value.removeprefix("./")).decode("utf-8", "replace")
            named = any(line.split("=")[0].strip() == "torch" for line in content.splitlines())
            if named and "whl/cpu" not in content and "+c" not in content:
                return True
    return False


def _uses_gpu(project: Project) -> bool:
    """True when a Python source of the context names a GPU."""
    for file in project.context.files:
        if file.path.endswith(".py") and file.size < 500_000:
            text = project.context.read(file.path)
            if b"cuda" in text or b"device_map" in text:
                return True
    return False
