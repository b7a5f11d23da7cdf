"""A repository with Dockerfiles, and the published schemas as check-jsonschema ships them."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from jettison.ci.choice import choose
from jettison.ci.needs import needs_of
from jettison.ci.site import Asked, Site
from jettison.ci.wanted import Wanted
from jettison.project import Project

SINGLE = (
    "FROM python:3.13-slim\nWORKDIR /app\nCOPY requirements.txt .\n"
    "RUN pip install -r requirements.txt\nCOPY . .\n"
)
STAGES = (
    "FROM golang:1.24 AS build\nWORKDIR /src\nCOPY go.mod ./\nRUN go mod download\nCOPY . .\n"
    "RUN go build -o /app .\nFROM scratch\nCOPY --from=build /app /app\n"
)
MOUNTS = STAGES.replace("RUN go build", "RUN --mount=type=cache,target=/root/.cache/go-build go build")
SECRET = SINGLE.replace("RUN pip", "RUN --mount=type=secret,id=pip-conf pip")


def schema_errors(kind: str, texts: dict[str, str], folder: Path) -> str:
    """What the published schema of `github-workflows` or `gitlab-ci` says against these files."""
    paths = []
    for number, text in enumerate(texts.values()):
        path = folder / f"{kind}-{number}.yml"
        path.write_bytes(text.encode())
        paths.append(str(path))
    tool = Path(sys.executable).with_name("check-jsonschema")
    transform = ["--data-transform", "gitlab-ci"] if kind == "gitlab-ci" else []
    command = [str(tool), "--builtin-schema", f"vendor.{kind}", *transform, *paths]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    names = dict(zip(paths, texts, strict=True))
    said = done.stdout + done.stderr
    for path, name in names.items():
        said = said.replace(path, name)
    return said if done.returncode else ""


@pytest.fixture
def repository(tmp_path: Path) -> Callable[..., Path]:
    """Make a repository: `repository(Dockerfile=..., **{"path": text})`; folders are made as needed."""

    def make(contents: dict[str, str | bytes]) -> Path:
        (tmp_path / ".git").mkdir(exist_ok=True)
        for name, text in contents.items():
            path = tmp_path / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_bytes(text if isinstance(text, bytes) else text.encode())
            path.chmod(0o644)
        return tmp_path

    return make


@pytest.fixture
def wanted(repository: Callable[..., Path]) -> Callable[..., Wanted]:
    """What a pipeline for a Dockerfile has to do: `wanted(STAGES, provider="gitlab", image=...)`."""

    def make(dockerfile: str, provider: str = "github", **more: Any) -> Wanted:
        files = {"Dockerfile": dockerfile, "requirements.txt": "", "go.mod": "", "src/main.go": ""}
        root = repository(files | more.pop("files", {}))
        context = more.pop("context", ".")
        file = root / context / "Dockerfile"
        target = more.pop("target", "")
        project = Project(file.read_bytes(), root=root / context, file=file, target=target or None)
        needs = needs_of(project)
        image = more.pop("image", "")
        choice = choose(
            provider, needs, backend=more.pop("backend", ""), mode=more.pop("mode", ""), pushes=bool(image)
        )
        path = "Dockerfile" if context == "." else f"{context}/Dockerfile"
        platforms = more.pop("platforms", ())
        install = more.pop("install", "")
        assert not more
        return Wanted(path, context, target, platforms, image, "main", choice, needs, install)

    return make


@pytest.fixture
def site(repository: Callable[..., Path]) -> Callable[..., Site]:
    """The site of a repository: `site({"Dockerfile": ...}, backend="gha")`."""

    def make(contents: dict[str, str | bytes], **asked: str) -> Site:
        return Site(repository({"go.mod": "", "requirements.txt": ""} | contents), Asked(**asked))

    return make
