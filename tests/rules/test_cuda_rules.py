"""What the rules about CUDA suggest: exactly these bytes, and never applied by themselves."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.check import check
from jettison.facts.bases import Reference
from jettison.findings import Finding, Safety
from jettison.project import Project
from jettison.rules import find_rule
from jettison.rules.cuda import cuda_tag
from jettison.rules.wheels import normal, python_installs
from jettison.spans import apply


def found(rule: str, source: str, root: Path, **files: str) -> tuple[Project, tuple[Finding, ...]]:
    for name, text in files.items():
        (root / name.replace("_", ".")).write_text(text)
    project = Project(source.encode(), root=root)
    return project, check(project, [find_rule(rule)])


@pytest.mark.parametrize(
    ("rule", "source", "wanted"),
    [
        (
            "gpu-wheels-unused",
            "FROM python:3.12-slim\nRUN pip install \\\n    # ours\n    torch==2.4.0 \\\n    flask\n",
            "FROM python:3.12-slim\nRUN pip install --extra-index-url=https://download.pytorch.org/whl/cpu "
            "\\\n    # ours\n    torch==2.4.0 \\\n    flask\n",
        ),
        (
            "cuda-devel-shipped",
            'FROM nvidia/cuda:12.4.1-cudnn-devel-ubuntu22.04 AS app\nCMD ["x"]',
            'FROM nvidia/cuda:12.4.1-cudnn-runtime-ubuntu22.04 AS app\nCMD ["x"]',
        ),
        (
            "cuda-duplicated",
            "ARG V=12.4.1\r\nFROM nvidia/cuda:${V}-cudnn-runtime-ubuntu22.04\r\nRUN pip3 install torch\r\n",
            "ARG V=12.4.1\r\nFROM nvidia/cuda:${V}-base-ubuntu22.04\r\nRUN pip3 install torch\r\n",
        ),
    ],
)
def test_the_suggestion(rule: str, source: str, wanted: str, tmp_path: Path) -> None:
    project, (finding,) = found(rule, source, tmp_path)
    assert finding.fix is not None
    assert finding.fix.safety is Safety.SUGGEST
    assert finding.saving.bytes > 10**9
    assert apply(project.dockerfile.source, finding.fix.edits).decode() == wanted


def test_a_file_in_a_folder_is_found(tmp_path: Path) -> None:
    (tmp_path / "req").mkdir()
    (tmp_path / "req" / "base.txt").write_text("Torch_Vision>=1\n# torch\n-r other.txt\n")
    source = "FROM python:3.12\nWORKDIR /app\nCOPY . .\nRUN python3 -m pip install -r req/base.txt\n"
    project = Project(source.encode(), root=tmp_path)
    (install,) = python_installs(project, project.shipped[0])
    assert install.names == {"torch-vision"}


def test_a_bind_mount_is_read(tmp_path: Path) -> None:
    source = (
        "FROM python:3.12-slim\n"
        "RUN --mount=type=bind,source=requirements.txt,target=/tmp/r/requirements.txt "
        "pip install -r /tmp/r/requirements.txt\n"
    )
    _, findings = found("gpu-wheels-unused", source, tmp_path, requirements_txt="torch==2.4\n")
    assert len(findings) == 1


@pytest.mark.parametrize(
    ("tag", "parts"),
    [
        ("12.4.1-cudnn-devel-ubuntu22.04", ("12.4.1", "cudnn", "devel", "ubuntu22.04")),
        ("11.8.0-cudnn8-runtime-ubi8", ("11.8.0", "cudnn8", "runtime", "ubi8")),
        ("12.4.1-devel-rockylinux9", ("12.4.1", "", "devel", "rockylinux9")),
        ("12.4.1-tensorrt-x-devel-ubuntu22.04", None),
        ("12.4.1-base-ubuntu22.04", None),
        ("devel", None),
        ("", None),
    ],
)
def test_tags(tag: str, parts: tuple[str, ...] | None) -> None:
    assert cuda_tag(Reference("nvidia/cuda", tag, "")) == parts


@pytest.mark.parametrize(
    "text", ["torch", "Torch==2.1", "torch[opt]>=1 ; x", "'torch<3'", " torch @ https://x"]
)
def test_names(text: str) -> None:
    assert normal(text) == "torch"


def test_one_platform_of_arm_is_left_alone(tmp_path: Path) -> None:
    source = "FROM --platform=linux/arm64 python:3.12-slim\nRUN pip install torch\n"
    assert found("gpu-wheels-unused", source, tmp_path)[1] == ()
