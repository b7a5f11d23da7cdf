"""Seconds and bytes of steps out of the records of builds."""

from __future__ import annotations

import dataclasses

from jettison.build import BuildRecord, Step
from jettison.observed import ObservedBuild
from jettison.observed.costs import costs_in
from jettison.replay.costs import Measured

TEXT = b"FROM a\nRUN make \\\n  all\nCOPY --link x /x\n"


def build(*steps: Step, ok: bool = True, text: bytes | None = TEXT) -> ObservedBuild:
    return ObservedBuild(BuildRecord(ok, 1.0, steps), "history", "", dockerfile=text)


def test_the_longest_run_is_cold_and_the_shortest_warm():
    first = build(
        Step("[1/3] FROM a", "", (1,), 9.0, False),
        Step("[2/3] RUN make", "", (2, 3), 40.0, False, bytes=1000),
        Step("[3/3] COPY x /x", "", (4,), 1.0, False),
        Step("[3/3] LINK COPY x /x", "", (4,), 0.5, False),
    )
    again = build(
        Step("[2/3] RUN make", "", (2, 3), 4.0, False), Step("[3/3] COPY x /x", "", (4,), 0.0, True)
    )
    costs = costs_in([first, again])
    assert costs.measured == {
        "RUN make   all": Measured(40.0, 4.0),
        "COPY x /x": Measured(1.0),
        "COPY x /x LINK": Measured(0.5),
    }
    assert costs.sizes == {"RUN make   all": 1000}


def test_builds_that_failed_or_whose_lines_are_not_known_tell_nothing():
    step = Step("[2/3] RUN make", "", (2,), 40.0, False)
    lost = dataclasses.replace(step, lines=())
    assert costs_in([build(step, ok=False), build(step, text=None), build(lost)]).measured == {}
