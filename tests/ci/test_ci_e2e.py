"""The written wiring on a real engine and registry: a cold builder takes what did not change."""

from __future__ import annotations

import os
import subprocess
from dataclasses import replace
from pathlib import Path

import pytest

from jettison.build import BuildRequest, Engine, Workbench
from jettison.build.registry import delete_tag
from jettison.ci import script

pytestmark = pytest.mark.e2e

DOCKERFILE = """\
FROM busybox:1.35 AS build
WORKDIR /src
COPY manifest ./
RUN sh manifest > installed
COPY . .
RUN cat installed source > /app
FROM busybox:1.35
COPY --from=build /app /app
"""
FAKE = """\
#!/bin/sh
case "$1" in info) echo containerd; exit;; esac
for word in "$@"; do echo "$word"; done > "$OUT"
"""


def flags(folder: Path, text: str, image: str) -> dict[str, str]:
    """The cache flags that the written script gives to buildx."""
    (folder / "build-image.sh").write_text(text)
    fake = folder / "bin" / "docker"
    fake.parent.mkdir()
    fake.write_text(FAKE)
    fake.chmod(0o755)
    env = {"PATH": f"{fake.parent}:{os.environ['PATH']}", "IMAGE": image, "OUT": str(folder / "out")}
    subprocess.run(["sh", str(folder / "build-image.sh")], env=env, check=True)
    words = (folder / "out").read_text().splitlines()
    return {name: words[words.index(name) + 1] for name in ("--cache-from", "--cache-to")}


def test_a_cold_builder_has_what_did_not_change(engine: Engine, wanted, tmp_path: Path, monkeypatch) -> None:
    registry = os.environ.get("JETTISON_CACHE_REGISTRY", "")
    if not registry:
        pytest.skip("needs a registry on this machine, named by JETTISON_CACHE_REGISTRY")
    monkeypatch.setenv("JETTISON_PRUNE", "always")
    plan = wanted(DOCKERFILE, "buildx", files={"manifest": "echo installed\n", "source": "1\n"})
    assert plan.choice.mode == "max"
    with Workbench(engine) as bench:
        image = f"{registry}/jettison-ci-{bench.nonce}"
        (tmp_path / "script").mkdir()
        cache = flags(tmp_path / "script", script.write(plan), image)
        context = bench.folder("context")
        for name, text in (("manifest", f"echo {bench.nonce}\n"), ("source", "1\n")):
            (context / name).write_text(text)
        request = BuildRequest(context, DOCKERFILE.encode(), salt="ci")

        def build(**more: tuple[str, ...]) -> dict[str, bool]:
            record = bench.build(replace(request, **more))
            assert record.ok, record.error
            return {step.instruction: step.cached for step in record.steps}

        try:
            both = {"cache_from": (cache["--cache-from"],), "cache_to": (cache["--cache-to"],)}
            first = build(**both)  # nothing is there to read yet, which is no error
            assert not first["RUN sh manifest > installed"]
            assert bench.forget()
            (context / "source").write_text("2\n")
            warm = build(cache_from=both["cache_from"])
            assert warm["RUN sh manifest > installed"]
            assert not warm["RUN cat installed source > /app"]
            assert bench.forget()
            assert not build()["RUN sh manifest > installed"]
        finally:
            delete_tag(cache["--cache-from"].partition("ref=")[2])
