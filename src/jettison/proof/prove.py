"""The proof from start to end: build, compare, drop what does not hold, measure what is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import replace

from jettison.build import Engine, Event, Workbench
from jettison.proof.bisect import bisect
from jettison.proof.builds import Builds, Step
from jettison.proof.candidate import Candidate, Change, Request
from jettison.proof.check import Check, Checker
from jettison.proof.scenarios import Race, planned_steps
from jettison.proof.trial import trials
from jettison.proof.verdict import Dropped, Proof, Result, Verdict, judge, measured


def prove(
    engine: Engine,
    request: Request,
    on_step: Callable[[Step], None] | None = None,
    on_event: Callable[[Event], None] | None = None,
    *,
    workbench: Callable[..., Workbench] = Workbench,
) -> Proof:
    """Build before and after with this engine, and say whether after is the same and what it saves.

    Changes that do not hold are found, dropped and named; what is left is measured. Nothing of the user's is
    changed, and nothing stays behind, also on Ctrl-C. Raises CannotRun when before does not build (with the
    builder's own message), when the context cannot be read or the engine gives up.
    """
    started = time.monotonic()
    config = request.config
    with workbench(engine, registry=config.cache_registry or None) as bench:
        builds = Builds(bench, request, on_step, on_event)
        repeats = 1 if request.quick else config.repeats
        builds.planned = 4 + 3 * len(trials(config)) + planned_steps(config.scenarios, repeats)
        proof = _Session(builds, started, repeats).run()
    notes = proof.notes + ((bench.leftovers.why,) if bench.leftovers.why else ())
    return replace(
        proof,
        notes=notes,
        seconds=time.monotonic() - started,
        size_budget=config.size_budget,
        rebuild_budget=config.build_budget,
    )


class _Session:
    """One proof under way."""

    def __init__(self, builds: Builds, started: float, repeats: int) -> None:
        self.builds, self.request = builds, builds.request
        self.started, self.repeats = started, repeats
        self.checks: dict[frozenset[str], Check] = {}
        self.checker = Checker(builds)

    def run(self) -> Proof:
        everything = tuple(change.id for change in self.request.changes)
        kept, refused = bisect(everything, self.fails)
        kept, idle = self.without_idle(kept) if refused else (kept, {})
        dropped = self.dropped(refused | idle)
        before = measured(self.checker.image, None)
        if not kept:
            reasons = next((each.evidence for each in dropped if each.evidence), ())
            return Proof(Verdict(Result.FAILED, reasons), before, dropped=dropped)
        check = self.checks[frozenset(kept)]
        timings = self.race(check, bisected=bool(refused)).run(self.request.config.scenarios)
        assert check.image is not None
        uids = next(
            ((t.before_uid, t.after_uid) for t in check.trials if t.before_uid is not None), (None, None)
        )
        return Proof(
            judge(check, timings),
            replace(before, uid=uids[0]),
            measured(check.image, uids[1]),
            check.staged.candidate,
            self.changes(kept),
            dropped,
            timings,
            check,
        )

    def fails(self, ids: tuple[str, ...]) -> str:
        """Why these changes do not hold together; empty when they do."""
        candidate = self.candidate(ids)
        if candidate is None:
            return "it cannot be applied together with the others"
        first = not self.checks
        name = "after" if first else f"after-{len(self.checks) + 1}"
        check = self.checker.check(
            candidate, self.changes(ids), name, "after", cold=first, thorough=first or len(ids) == 1
        )
        self.checks[frozenset(ids)] = check
        return check.reasons[0].line if check.reasons else ""

    def without_idle(self, kept: tuple[str, ...]) -> tuple[tuple[str, ...], dict[str, str]]:
        """Take out changes that no longer alter anything, as they build on one that was dropped."""
        idle: dict[str, str] = {}
        whole = self.candidate(kept)
        for id in kept:
            rest = tuple(each for each in kept if each != id and each not in idle)
            less = self.candidate(rest) if rest else self.request.before
            if whole and less and (less.dockerfile, less.files) == (whole.dockerfile, whole.files):
                idle[id] = "it has no effect without the changes that were dropped"
        left = tuple(id for id in kept if id not in idle)
        if idle and left:
            self.checks[frozenset(left)] = self.checks[frozenset(kept)]
        return left, idle

    def dropped(self, reasons: dict[str, str]) -> tuple[Dropped, ...]:
        found = []
        for change in self.request.changes:
            if change.id in reasons:
                guilty = [check for ids, check in self.checks.items() if change.id in ids and check.reasons]
                evidence = guilty[-1].reasons if guilty else ()
                found.append(Dropped(change, reasons[change.id], evidence))
        return tuple(found)

    def race(self, check: Check, *, bisected: bool) -> Race:
        """Both sides, warm and with their cold times; survivors of a bisection have no cold build yet."""
        record, salt = check.record, "after"
        if bisected:
            salt = "after-final"
            record = self.builds.build(
                check.staged, "after-final", salt, "build what is left, cold", cold=True
            )
        return Race(
            self.builds,
            self.checker.before,
            check.staged,
            ("before", salt),
            (self.checker.cold_seconds, [record.seconds]),
            self.repeats,
            self.started + self.request.config.time_budget,
            (self.checker.record, record),
        )

    def candidate(self, ids: Sequence[str]) -> Candidate | None:
        return self.request.candidate_for(tuple(ids))

    def changes(self, ids: Sequence[str]) -> tuple[Change, ...]:
        return tuple(change for change in self.request.changes if change.id in ids)
