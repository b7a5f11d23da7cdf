"""CUDA is in the image twice: in its base, and in the wheels of PyTorch."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.facts.bases import Reference
from jettison.findings import Finding, Saving
from jettison.project import Project
from jettison.rules import rule


@rule("JT012", order=16)
def cuda_duplicated(project: Project) -> Iterator[Finding]:
    """CUDA is in the image twice: in its base, and in the wheels of PyTorch.

    What:
        The shipped stage stands on a `-runtime` tag of nvidia/cuda, and pip installs torch, whose wheels
        bring cuBLAS, cuDNN, NCCL and the rest themselves and load those.

    Why:
        The libraries of the base are never loaded: 1.7 GB, with cuDNN 2.6 GB.

    How it is fixed:
        Suggested, never applied: the `-base` tag of the same version and system, which keeps the variables by
        which the driver is put into the container. Only a machine with a GPU can confirm it.

    When not:
        It is refused, with the name, when another package is installed that loads the libraries of the system
        (onnxruntime-gpu, cupy, tensorflow, ...), when something is copied from another stage or image, or
        when LD_LIBRARY_PATH or CUDA_HOME is set.

    References:
        https://hub.docker.com/r/nvidia/cuda
        https://github.com/pytorch/pytorch/issues/17621
    """
    if not project.shipped:
        return
    stage = project.shipped[0]
    reference = Reference.parse(project.base_of(stage))
    if "cuda" not in reference.repository:
        return
    from jettison.rules.cuda import cuda_tag, exchange, swapped

    tag = cuda_tag(reference)
    if tag is None or tag.flavour != "runtime":
        return
    names, copied = _installed(project)
    from jettison.facts import load

    own = load("gpu")["own"]
    if not names.intersection(own["packages"]):
        return
    other = tag._replace(flavour="base", cudnn="")
    saved = tag.megabytes - other.megabytes
    message = f"torch brings the CUDA libraries that {reference.tag} has too: {saved} MB are never loaded"
    saving = Saving(bytes=saved * 1_000_000)
    word = stage.from_.words[0]
    system = [name for name in own["system"] if name in names]
    old = "-".join(part for part in (tag.cudnn, "runtime") if part)
    written = swapped(stage.base, f"-{old}-", "-base-")
    refused = (
        f"{system[0]} loads the CUDA libraries of the system"
        if system
        else copied
        or ("it is pinned by digest: the twin has another" if reference.digest else "")
        or ("" if written else "its tag comes out of a variable")
    )
    yield exchange(word, written, f"{reference.repository}:{other.text}", message, saving, refused)


def _installed(project: Project) -> tuple[frozenset[str], str]:
    """The Python packages of the image, and what in the file may need the libraries of the base."""
    from jettison.rules.wheels import python_installs

    names: frozenset[str] = frozenset()
    reason = ""
    for stage in project.shipped:
        for install in python_installs(project, stage):
            names |= install.names
        for each in stage.instructions:
            if each.keyword == "COPY" and each.flag("from"):
                reason = reason or f"what line {each.start_line} copies may load them"
            if each.keyword == "ENV" and any(w in each.args for w in ("LD_LIBRARY_PATH", "CUDA_HOME")):
                reason = reason or f"line {each.start_line} says where the libraries of the base lie"
    return names, reason
