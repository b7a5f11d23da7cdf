"""Tags of NVIDIA's CUDA images taken apart."""

from __future__ import annotations

from typing import NamedTuple

from jettison.dockerfile.edit import replace
from jettison.dockerfile.values import Word
from jettison.facts import load
from jettison.facts.bases import Reference
from jettison.findings import Finding, Fix, Safety, Saving


class CudaTag(NamedTuple):
    """`12.4.1-cudnn-devel-ubuntu22.04`: version, whether cuDNN is in it, flavour, and the system."""

    version: str
    cudnn: str
    flavour: str
    system: str

    @property
    def text(self) -> str:
        """The tag."""
        parts = (self.version, self.cudnn, self.flavour, self.system)
        return "-".join(part for part in parts if part)

    @property
    def megabytes(self) -> int:
        """About how many MB of layers the image has."""
        image = load("gpu")["image"]
        size: int = image[f"{self.flavour}_mb"]
        return size + (image["cudnn_mb"] if self.cudnn else 0)


def cuda_tag(reference: Reference) -> CudaTag | None:
    """The parts of a tag of nvidia/cuda; None for other images and tags of other shape."""
    if not reference.repository.endswith("nvidia/cuda"):
        return None
    repository = reference.repository
    if repository not in load("gpu")["image"]["repositories"]:
        return None
    parts = reference.tag.split("-")
    for flavour in ("devel", "runtime"):
        if flavour in parts[1:-1]:
            at = parts.index(flavour)
            middle = parts[1:at]
            if len(middle) <= 1 and all(part.startswith("cudnn") for part in middle):
                return CudaTag(parts[0], "-".join(middle), flavour, "-".join(parts[at + 1 :]))
    return None


def exchange(
    word: Word, written: str | None, image: str, message: str, saving: Saving, refused: str
) -> Finding:
    """The finding on the word of a FROM: `written` is proposed in its place, unless there is none or it is
    refused."""
    if refused or written is None:
        return Finding(word.span, message, saving, refused=refused)
    fix = Fix(f"Start from {image}", (replace(word, written),), Safety.SUGGEST)
    return Finding(word.span, message, saving, fix)


def swapped(base: str, old: str, new: str) -> str | None:
    """The word of FROM with another part in its tag; None where the word does not have it as written."""
    head, found, tail = base.rpartition(old)
    return f"{head}{new}{tail}" if found else None
