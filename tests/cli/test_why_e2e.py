"""`jettison build` and `jettison why` with a real builder and the registry beside it."""

from __future__ import annotations

import json
import os
import secrets

import pytest

from jettison.build.registry import delete_tag
from jettison.cli import main

pytestmark = pytest.mark.e2e


def call(capfd, *words):
    code = main([str(word) for word in words])
    return code, capfd.readouterr().out


def test_the_last_two_builds_and_a_cache_in_a_registry(engine, tmp_path, monkeypatch, capfd):
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "cache"))
    nonce = secrets.token_hex(6)
    app = tmp_path / f"app-{nonce}"
    app.mkdir()
    (app / "Dockerfile").write_text(
        f"FROM busybox:1.35 AS build\nWORKDIR /{nonce}\nRUN true deps\nCOPY src .\nRUN cat a > /out\n"
        "FROM busybox:1.35\nCOPY --from=build /out /\n"
    )
    (app / "src").mkdir()
    (app / "src" / "a").write_text(nonce)
    ref = f"{os.environ['JETTISON_CACHE_REGISTRY']}/why:{nonce}"
    try:
        exported = f"--cache-to=type=registry,ref={ref},mode=min"
        assert call(capfd, "build", "--output=type=cacheonly", exported, app)[0] == 0
        (app / "src" / "a").write_text(f"{nonce} changed")
        assert call(capfd, "build", "--output=type=cacheonly", app)[0] == 0

        code, out = call(capfd, "why", app, "--format", "json")
        (miss,) = json.loads(out)["why"]["misses"]
        assert code == 1
        assert (miss["lines"], miss["followers"], miss["basis"]) == ([4], [5, 7], "measured")
        assert miss["causes"][0]["details"] == ["src/a: bytes"]

        code, out = call(capfd, "why", app, "--cache-ref", ref, "--format", "json")
        first = json.loads(out)["why"]["misses"][0]
        assert code == 1
        assert (first["lines"], first["causes"][0]["kind"]) == ([2], "not exported")
    finally:
        delete_tag(ref)
