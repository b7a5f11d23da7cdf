"""What a volatile ARG moved down, and a COPY with --link, are worth on a real engine: the image is the same,
and what did not change comes from the cache."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.build import BuildRecord, BuildRequest, Engine, Workbench
from jettison.config import Config
from jettison.project import Project
from jettison.proof import Candidate, Change, Request, prove
from jettison.proof.table import text
from jettison.rewrite import APPLIED_WITH_PROOF, rewrite
from jettison.rules import find_rule

pytestmark = pytest.mark.e2e

VOLATILE = b"""\
FROM python:3.11-slim
ARG GIT_SHA=none
LABEL revision=$GIT_SHA
ENV APP_GIT_SHA=$GIT_SHA
WORKDIR /app
RUN pip install six==1.16.0
COPY app.py .
CMD ["python", "app.py"]
"""

LINKED = b"""\
FROM busybox:1.35 AS build
RUN echo hello > /hello

FROM debian:bookworm-slim
ARG VERSION=1
RUN useradd app
WORKDIR /app
COPY --from=build /hello ./sub/hello
COPY --from=build /hello /usr/local/bin/hello
USER app
CMD ["cat", "/app/sub/hello"]
"""


def proved(engine: Engine, root: Path, source: bytes, rule: str) -> bytes:
    """The Dockerfile with every fix of the rule, once the proof has agreed."""
    (root / "Dockerfile").write_bytes(source)
    result = rewrite(Project(source, root=root), [find_rule(rule)], levels=APPLIED_WITH_PROOF)
    after = result.after.dockerfile.source
    request = Request(
        root,
        Candidate(source),
        tuple(Change(change.id, change.id, allows=change.fix.allows) for change in result.changes),
        lambda ids: Candidate(after if ids else source),
        config=Config(scenarios=()),
    )
    proof = prove(engine, request)
    assert proof.passed, text(proof)
    return after


def ran(record: BuildRecord) -> list[str]:
    """The instructions that did not come from the cache."""
    assert record.ok, record.error
    return [step.instruction for step in record.steps if not step.cached]


def test_a_new_commit_keeps_the_install(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "app.py").write_text("import os\nprint(os.environ['APP_GIT_SHA'])\n")
    after = proved(engine, tmp_path, VOLATILE, "volatile-too-early")
    with Workbench(engine) as bench:
        for source, again in ((VOLATILE, True), (after, False)):
            for sha in ("1", "2"):
                request = BuildRequest(
                    tmp_path, source, build_args={"GIT_SHA": sha}, salt=f"volatile {again}"
                )
                steps = ran(bench.build(request, "volatile"))
                assert any("pip install" in step for step in steps) is (again or sha == "1")
            config = bench.image("volatile").config["config"]
            assert config["Labels"]["revision"] == "2"
            assert "APP_GIT_SHA=2" in config["Env"]


def test_a_change_below_keeps_the_linked_layer(engine: Engine, tmp_path: Path) -> None:
    after = proved(engine, tmp_path, LINKED, "copy-without-link")
    assert after.count(b"--link") == 2
    with Workbench(engine) as bench:
        for source, again in ((LINKED, True), (after, False)):
            layers = []
            for version in ("1", "2"):
                request = BuildRequest(
                    tmp_path, source, build_args={"VERSION": version}, salt=f"link {again}"
                )
                steps = ran(bench.build(request, "link"))
                layers.append(bench.image("link").layers[-2:])
            assert any("useradd" in step for step in steps)
            assert any(step.startswith("COPY") for step in steps) is again
            assert again or [x.diff_id for x in layers[0]] == [x.diff_id for x in layers[1]]
