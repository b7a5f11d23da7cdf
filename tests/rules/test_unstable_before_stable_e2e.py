"""Another order of a stage on a real engine: the same image, and the install comes from the cache when what
changes often has changed."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.replay.test_touched import commit, git

from jettison.build import BuildRequest, Engine, Workbench
from jettison.config import Config
from jettison.project import Project
from jettison.proof import Candidate, Change, Request, prove
from jettison.proof.table import text
from jettison.rewrite import APPLIED_WITH_PROOF, rewrite
from jettison.rules import find_rule

pytestmark = pytest.mark.e2e

DOCKERFILE = b"""\
FROM python:3.11-slim
# how it starts
COPY --chmod=755 start.sh /usr/local/bin/
WORKDIR /app
COPY templates requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
RUN mkdir -p /var/app && echo 1 > /var/app/version
COPY app.py .
CMD ["start.sh"]
"""

ORDERED = b"""\
FROM python:3.11-slim
WORKDIR /app
COPY requirements.txt ./
RUN pip install --no-cache-dir -r requirements.txt
RUN mkdir -p /var/app && echo 1 > /var/app/version
# how it starts
COPY --chmod=755 start.sh /usr/local/bin/
COPY templates ./
COPY app.py .
CMD ["start.sh"]
"""


@pytest.fixture
def project(tmp_path: Path) -> Project:
    git(tmp_path, "init", "-q", "-b", "main")
    commit(
        tmp_path,
        {
            "start.sh": "#!/bin/sh\nexec python app.py\n",
            "templates/index.html": "<html>",
            "requirements.txt": "six==1.16.0\n",
            "app.py": "import six\nprint(six.__version__)\n",
            "Dockerfile": DOCKERFILE,
        },
    )
    for number in range(12):
        commit(tmp_path, {"templates/index.html": f"<html>{number}"})
        commit(tmp_path, {"start.sh": f"#!/bin/sh\n# {number}\nexec python app.py\n"})
    return Project(DOCKERFILE, root=tmp_path, file=tmp_path / "Dockerfile")


def test_the_image_is_the_same_and_the_install_is_kept(engine: Engine, project: Project) -> None:
    result = rewrite(project, [find_rule("unstable-before-stable")], levels=APPLIED_WITH_PROOF)
    after = result.after.dockerfile.source
    assert after == ORDERED
    request = Request(
        project.root,
        Candidate(DOCKERFILE),
        tuple(Change(change.id, change.id, allows=change.fix.allows) for change in result.changes),
        lambda ids: Candidate(after if ids else DOCKERFILE),
        config=Config(scenarios=()),
    )
    proof = prove(engine, request)
    assert proof.passed, text(proof)
    with Workbench(engine) as bench:
        for source, again in ((DOCKERFILE, True), (after, False)):
            ran = rebuilt(bench, project.root, source)
            assert any(step.startswith("RUN pip install") for step in ran) is again, ran
            assert any(step.startswith("COPY") for step in ran), ran


def rebuilt(bench: Workbench, root: Path, source: bytes) -> list[str]:
    """The instructions that run again after a change of the template.

    Another client of the engine that removes records may cost us all of the cache in between: where even the
    WORKDIR above the template runs, it is done once more.
    """
    ran: list[str] = []
    for number in range(3):
        for content in ("before", "and after"):
            (root / "templates/index.html").write_text(f"<html>{bench.nonce} {content} {number}")
            record = bench.build(BuildRequest(root, source, salt=f"order {len(source)}"), "order")
            assert record.ok, record.error
            ran = [step.instruction for step in record.steps if not step.cached]
        if not any(step.startswith("WORKDIR") for step in ran):
            break
    return ran
