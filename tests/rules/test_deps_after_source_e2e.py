"""Installs before the sources, built for real: the image is the same, and a source edit leaves the install
cached.

Each case of `installs.md` is a small project, as naive as it comes: its Dockerfile, its files, what the
install is, and the file that is edited. What needs another registry than those of npm and Python takes its
packages from a folder that the base stage makes.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.build import BuildRecord, BuildRequest, Engine, Workbench
from jettison.casefile import Case, read_cases
from jettison.config import Config
from jettison.project import Project
from jettison.proof import Candidate, Change, Request, prove
from jettison.proof.table import text
from jettison.rewrite import APPLIED_WITH_PROOF, rewrite
from jettison.rules import find_rule

pytestmark = pytest.mark.e2e

CASES = read_cases(Path(__file__).parent / "data" / "installs.md")
RULE = find_rule("deps-after-source")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_image_is_equal_and_a_source_edit_keeps_the_install(
    case: Case, engine: Engine, tmp_path: Path
) -> None:
    install, edited = (line.partition(": ")[2] for line in case.prose.splitlines())
    for path, content in case.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (tmp_path / "Dockerfile").write_bytes(case.source)
    result = rewrite(Project(case.source, root=tmp_path), [RULE], levels=APPLIED_WITH_PROOF)
    after = result.after.dockerfile.source
    assert after == case.good

    (change,) = result.changes
    proof = prove(
        engine,
        Request(
            tmp_path,
            Candidate(case.source),
            (Change(change.id, change.id, allows=change.fix.allows),),
            lambda ids: Candidate(after if ids else case.source),
            dockerfile=tmp_path / "Dockerfile",
            config=Config(scenarios=()),
        ),
    )
    assert proof.passed, text(proof)

    with Workbench(engine) as bench:

        def build() -> BuildRecord:
            record = bench.build(BuildRequest(tmp_path, after, salt="order"), "after")
            assert record.ok, record.error
            return record

        assert not cached(build(), install)
        with (tmp_path / edited).open("a") as file:
            file.write("\n")
        assert cached(build(), install)


def cached(record: BuildRecord, install: str) -> bool:
    """True when the step that runs this command came from the cache."""
    (step,) = (s for s in record.steps if s.instruction.startswith("RUN") and s.instruction.endswith(install))
    return step.cached
