"""Tasks that need nothing of each other, built for real: the image is the same, and they run together.

Each case of `side-by-side.md` names two steps of the rewritten build that have to be at work together: both
have begun, by the builder's own record, before either has ended.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.build import BuildRequest, Engine, Workbench
from jettison.build.rawjson import Event
from jettison.casefile import Case, read_cases
from jettison.config import Config
from jettison.project import Project
from jettison.proof import Candidate, Change, Request, prove
from jettison.proof.table import text
from jettison.rewrite import APPLIED_WITH_PROOF, rewrite
from jettison.rules import find_rule

pytestmark = pytest.mark.e2e

CASES = read_cases(Path(__file__).parent / "data" / "side-by-side.md")
RULE = find_rule("serial-stages")


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.title)
def test_the_image_is_equal_and_both_run_at_once(case: Case, engine: Engine, tmp_path: Path) -> None:
    for path, content in case.files.items():
        (tmp_path / path).parent.mkdir(parents=True, exist_ok=True)
        (tmp_path / path).write_bytes(content)
    (tmp_path / "Dockerfile").write_bytes(case.source)
    result = rewrite(Project(case.source, root=tmp_path), [RULE], levels=APPLIED_WITH_PROOF)
    after = result.after.dockerfile.source
    assert case.good is not None
    assert after.decode() == case.good.decode()

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

    together = [line.partition(": ")[2] for line in case.prose.splitlines()]
    assert overlap(built(engine, tmp_path, after), *together)
    assert not overlap(built(engine, tmp_path, case.source), *together)


def built(engine: Engine, root: Path, source: bytes) -> list[Event]:
    """What the builder said while it built."""
    events: list[Event] = []
    with Workbench(engine) as bench:
        record = bench.build(BuildRequest(root, source, salt="beside"), on_event=events.append)
    assert record.ok, record.error
    return events


def overlap(events: list[Event], one: str, other: str) -> bool:
    """True when two different steps, each named by the end of its name, were at work at the same time."""
    for first in steps(events, one):
        for second in steps(events, other) - {first}:
            kinds = [event.kind for event in events if event.step in (first, second)]
            begun = [kind for kind in kinds if kind in ("started", "done")][:2]
            if begun == ["started", "started"]:
                return True
    return False


def steps(events: list[Event], end: str) -> set[str]:
    found = {event.step for event in events if event.kind == "done" and event.step.endswith(end)}
    assert found, f"no step ran that ends with {end!r}"
    return found
