"""What `ci` found in the format `json`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jettison.report import Answer
from jettison.report.diff import unified
from jettison.report.json import clean

if TYPE_CHECKING:
    from jettison.ci.budget import Budget
    from jettison.ci.wiring import Wiring


def ci_document(answer: Answer) -> dict[str, Any]:
    """`wiring` and `budget`; null for the one that was not asked for."""
    return {
        "wiring": _wiring(answer.wiring, answer.written) if answer.wiring is not None else None,
        "budget": _budget(answer.budget) if answer.budget is not None else None,
    }


def _wiring(wiring: Wiring, written: tuple[str, ...]) -> dict[str, Any]:
    choice = wiring.choice
    return {
        "provider": wiring.provider,
        "cache": {"type": choice.backend, "why": clean(choice.why_backend)},
        "mode": {"value": choice.mode, "why": clean(choice.why_mode), "basis": choice.basis.value},
        "changes": [
            {"path": clean(each.path), "line": each.line, "title": clean(each.title), "why": clean(each.why)}
            for each in wiring.changes
        ],
        "refused": [
            {"path": clean(each.path), "line": each.line or None, "why": clean(each.why)}
            for each in wiring.refused
        ],
        "advice": [clean(line) for line in wiring.advice],
        "files": [
            {
                "path": clean(change.shown),
                "new": change.before is None,
                "written": change.shown in written,
                "diff": clean("".join(unified(change))),
            }
            for change in wiring.files
        ],
    }


def _budget(budget: Budget) -> dict[str, Any]:
    return {
        "image": clean(budget.image),
        "uncompressed": {
            "bytes": budget.uncompressed,
            "budget": budget.size_budget,
            "exceeded": budget.over_size,
        },
        "compressed": budget.compressed,
        "layers": budget.layers,
        "largest": [{"bytes": bytes, "created_by": clean(by)} for bytes, by in budget.heaviest],
        "time": {"seconds": budget.seconds, "budget": budget.time_budget, "exceeded": budget.over_time},
    }
