"""The written script, run with a docker that writes down what it is asked."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from tests.ci.conftest import STAGES

from jettison.ci import script


@pytest.fixture
def called(tmp_path, wanted):
    """Run the script of a Dockerfile; the words of its `docker buildx build`."""

    def run(*words, containerd=True, env=None, **more):
        (tmp_path / "build-image.sh").write_text(script.write(wanted(STAGES, "buildx", **more)))
        fake = tmp_path / "bin" / "docker"
        fake.parent.mkdir(exist_ok=True)
        store = "io.containerd.snapshotter.v1" if containerd else "overlay2"
        fake.write_text(
            "#!/bin/sh\n"
            f'case "$1" in info) echo "[[driver-type {store}]]"; exit;; esac\n'
            'case "$2" in inspect) exit 1;; esac\n'
            'for word in "$@"; do printf "%s\\n" "$word"; done >> "$OUT"\n'
            'echo "builder=${BUILDX_BUILDER-}" >> "$OUT"\n'
        )
        fake.chmod(0o755)
        out = tmp_path / "out"
        out.unlink(missing_ok=True)
        done = subprocess.run(
            ["sh", str(tmp_path / "build-image.sh"), *words],
            env={"PATH": f"{fake.parent}:{os.environ['PATH']}", "HOME": str(tmp_path), "OUT": str(out)}
            | (env or {}),
            capture_output=True,
            text=True,
            check=False,
            cwd="/",
        )
        return done, out.read_text().splitlines() if out.exists() else []

    return run


IMAGE = {"IMAGE": "127.0.0.1:5000/app"}
REF = "type=registry,ref=127.0.0.1:5000/app:cache-image-linux-amd64"


def test_it_reads_and_writes_the_cache(called):
    done, words = called("--push", env=IMAGE)
    assert done.returncode == 0, done.stderr
    assert words[:2] == ["buildx", "build"]
    assert words[words.index("--cache-from") + 1] == REF
    assert words[words.index("--cache-to") + 1] == f"{REF},mode=max,image-manifest=true,ignore-error=true"
    assert words[-3:] == ["--push", ".", "builder="]


def test_pull_requests_read_only_and_a_platform_has_a_cache_of_its_own(called):
    _, words = called(env=IMAGE | {"CACHE_TO": "", "PLATFORM": "linux/arm64"})
    assert "--cache-to" not in words
    assert words[words.index("--cache-from") + 1] == REF.replace("amd64", "arm64")
    assert words[words.index("--platform") + 1] == "linux/arm64"


def test_an_engine_without_the_containerd_store_gets_a_builder(called):
    _, words = called(env=IMAGE, containerd=False)
    assert words[:4] == ["buildx", "create", "--name", "jettison"] or "builder=jettison" in words
    assert words[-1] == "builder=jettison"


def test_without_a_name_it_says_so(called):
    done, words = called()
    assert done.returncode != 0
    assert "name the image" in done.stderr
    assert not words


def test_a_local_cache_takes_the_place_of_the_old_one(called, tmp_path):
    cache = tmp_path / "kept" / "image-linux-amd64"
    for folder in (cache, Path(f"{cache}-new")):
        folder.mkdir(parents=True)
        (folder / folder.name).touch()
    done, words = called(env=IMAGE | {"CACHE": str(tmp_path / "kept")}, backend="local")
    assert done.returncode == 0, done.stderr
    assert words[words.index("--cache-from") + 1] == f"type=local,src={cache}"
    assert words[words.index("--cache-to") + 1].startswith(f"type=local,dest={cache}-new,mode=max")
    assert [path.name for path in cache.iterdir()] == ["image-linux-amd64-new"]
