"""The image ships CUDA's compilers."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.facts.bases import Reference
from jettison.findings import Finding, Saving
from jettison.project import Project
from jettison.rules import rule


@rule("JT011")
def cuda_devel_shipped(project: Project) -> Iterator[Finding]:
    """The image ships CUDA's compilers.

    What:
        A shipped stage FROM `nvidia/cuda:…-devel…`.

    Why:
        The devel image has nvcc, headers and static libraries: about 4 GB more than the runtime image of the
        same version, by rule of thumb.

    How it is fixed:
        The `runtime` tag of the same version, or `base` where the packages bring CUDA themselves. It is told
        and not applied: no build here can see a GPU.

    When not:
        A stage in which nvcc or a compiler is called: what is built belongs into a builder stage first, which
        is told instead.

    References:
        https://hub.docker.com/r/nvidia/cuda
        https://github.com/NVIDIA/nvidia-docker/wiki/CUDA
    """
    if b"cuda" not in project.dockerfile.source:
        return
    for stage in project.shipped:
        if stage.base_stage is not None:
            continue
        reference = Reference.parse(project.base_of(stage))
        if reference.repository != "nvidia/cuda" or "devel" not in reference.tag:
            continue
        text = " ".join(project.dockerfile.text(i.span) for i in stage.instructions)
        compiles = any(
            word in text for word in ("nvcc", "make", "setup.py", "ninja", "gcc", "g++", "--no-binary")
        )
        twin = f"nvidia/cuda:{reference.tag.replace('devel', 'runtime')}"
        yield Finding(
            stage.from_.span,
            f"nvidia/cuda:{reference.tag} has compilers and headers that running needs not",
            Saving(bytes=4_000_000_000),
            refused=f"{'compile in a builder stage, and ' if compiles else ''}run on {twin}: "
            "no build here can see a GPU, so nothing can confirm it",
        )
