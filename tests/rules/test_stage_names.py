"""Renamed stages by real builds: the image holds the same files before and after."""

from __future__ import annotations

import subprocess
from pathlib import Path

import pytest

from jettison.findings import Safety
from jettison.project import Project
from jettison.rewrite import rewrite
from jettison.rules import find_rule

LEVELS = (Safety.SAFE, Safety.PROVEN)
BASE = "debian:bookworm-slim"

DUPLICATES = f"""\
FROM {BASE} AS a
RUN echo first > /x
FROM a AS b
RUN cp /x /b
FROM a AS A
RUN cp /x /y && echo second > /x
FROM a AS t
RUN --mount=type=bind,from=A,target=/m cat /m/x /m/y /x > /t
FROM scratch
COPY --from=a /x /y /out/named/
COPY --from=0 /x /out/number/
COPY --from=b /b /out/
COPY --from=t /t /out/
"""

THREE = f"""\
FROM {BASE} AS a
RUN echo first > /x
FROM a AS a
RUN echo second >> /x
FROM a AS a
RUN echo third >> /x
FROM scratch
COPY --from=a /x /out/
COPY --from=0 /x /out/0/
"""

CONTEXT = f"""\
FROM {BASE} AS context
RUN echo first > /x
FROM context AS t
RUN --mount=from=context,target=/m,type=bind cat /m/x /x > /t
FROM scratch
COPY --from=Context /x /out/
COPY --from=t /t /out/
"""

SCRATCH = f"""\
FROM {BASE} AS scratch
RUN mkdir /out && echo first > /out/x
FROM {BASE} AS t
RUN --mount=type=bind,from=scratch,target=/m cp /m/out/x /t
FROM {BASE}
COPY --from=scratch /out/x /out/
COPY --from=t /t /out/
"""


def files(source: bytes, folder: Path) -> dict[str, bytes]:
    """What the image of a Dockerfile without a context holds in /out."""
    folder.mkdir()
    (folder / "Dockerfile").write_bytes(source)
    out = folder / "image"
    command = ["docker", "buildx", "build", "-q", "-o", f"type=local,dest={out}", str(folder)]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    return {str(f.relative_to(out)): f.read_bytes() for f in sorted((out / "out").rglob("*")) if f.is_file()}


@pytest.mark.e2e
@pytest.mark.parametrize(
    ("rule", "source"),
    [
        ("duplicate-stage-name", DUPLICATES),
        ("duplicate-stage-name", THREE),
        ("reserved-stage-name", CONTEXT),
        ("reserved-stage-name", SCRATCH),
    ],
)
def test_the_image_is_the_same(engine, tmp_path: Path, rule: str, source: str) -> None:
    project = Project(source.encode())
    after = rewrite(project, [find_rule(rule)], levels=LEVELS).after
    assert after.dockerfile.source != project.dockerfile.source
    names = [stage.name for stage in after.dockerfile.stages if stage.name]
    assert len(names) == len(set(names))
    before = files(project.dockerfile.source, tmp_path / "before")
    assert before
    assert files(after.dockerfile.source, tmp_path / "after") == before
