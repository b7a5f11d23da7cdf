"""CUDA is in the image twice."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.facts.bases import Reference
from jettison.findings import Finding, Saving
from jettison.project import Project
from jettison.rules import rule


@rule("JT012")
def cuda_duplicated(project: Project) -> Iterator[Finding]:
    """CUDA is in the image twice.

    What:
        A shipped stage on `nvidia/cuda:…-runtime…` (or devel, cudnn) into which pip installs torch from PyPI.

    Why:
        torch's wheels bring CUDA and cuDNN of their own and do not use those of the image: some 2 GB twice.

    How it is fixed:
        The `base` tag of the same version, which has the driver interface only. It is told and not applied:
        no build here can see a GPU.

    When not:
        Other packages that link to the CUDA of the image, by name: cupy, tensorflow, onnxruntime-gpu.

    References:
        https://pytorch.org/get-started/locally/
        https://hub.docker.com/r/nvidia/cuda
    """
    if b"nvidia/cuda" not in project.dockerfile.source or b"torch" not in project.dockerfile.source:
        return
    for stage in project.shipped:
        reference = Reference.parse(project.base_of(stage))
        if reference.repository != "nvidia/cuda" or "-base-" in reference.tag:
            continue
        text = " ".join(project.dockerfile.text(i.span) for i in stage.instructions if i.keyword == "RUN")
        if any(word in text for word in ("cupy", "tensorflow", "onnxruntime", "nvcc", "jax", "conda")):
            continue
        if " torch" in text and "pip" in text and "/whl/cpu" not in text:
            yield Finding(
                stage.from_.span,
                "torch brings its own CUDA, and does not use that of the image",
                Saving(bytes=2_000_000_000),
                refused="the base tag of the same version is enough for torch: no build here can see a GPU",
            )
