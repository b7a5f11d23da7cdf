"""A proof as JSON: the value of the key `proof` in the answers of `fix` and `prove`."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from jettison.findings import Basis
from jettison.proof.check import Check, Reason
from jettison.proof.filesystem import Explained
from jettison.proof.scenarios import Timing
from jettison.proof.verdict import Measured, Proof

_LISTED = 100
"""Differences without explanation that are listed; their number is always given."""


def to_json(proof: Proof) -> dict[str, Any]:
    """Plain values for json.dumps. Sizes are bytes, times seconds; null where something was not measured."""
    return {
        "verdict": proof.verdict.result.value,
        "reasons": _reasons(proof.verdict.reasons),
        "seconds": round(proof.seconds, 1),
        "before": _image(proof.before),
        "after": _image(proof.after) if proof.after else None,
        "scenarios": [_timing(timing) for timing in proof.timings],
        "behaviour": _behaviour(proof.check) if proof.check else None,
        "differences": _differences(proof.check) if proof.check else None,
        "kept": [change.id for change in proof.kept],
        "dropped": [
            {"id": d.change.id, "title": d.change.title, "reason": d.reason, "evidence": _reasons(d.evidence)}
            for d in proof.dropped
        ],
        "budget": {"bytes": proof.size_budget, "exceeded": proof.over_budget} if proof.size_budget else None,
        "time_budget": (
            {"seconds": proof.rebuild_budget, "exceeded": proof.over_time} if proof.rebuild_budget else None
        ),
        "notes": list(proof.notes),
    }


def _reasons(reasons: Iterable[Reason]) -> list[dict[str, Any]]:
    return [{"what": reason.what, "evidence": list(reason.evidence)} for reason in reasons]


def _image(image: Measured) -> dict[str, Any]:
    return {
        "digest": image.digest,
        "uncompressed": {"bytes": image.sizes.uncompressed, "basis": Basis.MEASURED.value},
        "compressed": {"bytes": image.sizes.compressed, "basis": image.sizes.basis.value},
        "layers": image.sizes.layers,
        "user": image.user,
        "uid": image.uid,
    }


def _timing(timing: Timing) -> dict[str, Any]:
    medians = timing.medians or (None, None)
    return {
        "name": timing.name,
        "title": timing.title,
        "before": _side(medians[0], timing.before, timing.steps[0]),
        "after": _side(medians[1], timing.after, timing.steps[1]),
        "factor": round(timing.factor, 2) if timing.factor else None,
        "basis": Basis.MEASURED.value,
        "note": timing.note,
        "missing": timing.missing or None,
    }


def _side(median: float | None, runs: Iterable[float], steps: int) -> dict[str, Any] | None:
    if median is None:
        return None
    return {"seconds": round(median, 3), "runs": [round(run, 3) for run in runs], "uncached_steps": steps}


def _behaviour(check: Check) -> dict[str, Any]:
    return {
        "weak": check.weak or None,
        "trials": [
            {
                "name": trial.name,
                "equal": trial.equal,
                "weak": trial.weak or None,
                "broken": list(trial.broken),
                "compared": [
                    {"what": c.facet, "equal": c.equal, "evidence": c.evidence} for c in trial.comparisons
                ],
                "masked": dict(zip(("lines", "partly", "wholly"), trial.masking, strict=True)),
                "ready_seconds": {"before": trial.before_seconds, "after": trial.after_seconds},
            }
            for trial in check.trials
        ],
        "structure_tests": [
            {"name": test.name, "problems": list(test.problems), "weak": test.weak or None}
            for test in check.structure
        ],
    }


def _differences(check: Check) -> dict[str, Any]:
    tree = check.tree
    return {
        "same_paths": tree.same,
        "explained": [_explained(each) for each in tree.explained],
        "masked": [_explained(each) for each in tree.masked],
        "unexplained": [d._asdict() for d in tree.unexplained[:_LISTED]],
        "unexplained_count": len(tree.unexplained),
        "config": [d._asdict() for d in check.config],
    }


def _explained(each: Explained) -> dict[str, Any]:
    return {
        "by": each.by,
        "kind": each.kind,
        "count": each.count,
        "bytes": each.bytes,
        "examples": list(each.examples),
    }
