"""A replay in the format `json`: the key `replays`."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jettison.report.json import clean

if TYPE_CHECKING:
    from jettison.replay import Replay


def replay_document(replay: Replay) -> dict[str, Any]:
    """One Dockerfile over the commits; seconds, shares from 0 to 1, lines from 1."""
    return {
        "commits": list(replay.commits),
        "left_out": replay.left_out,
        "expected": {name: each._asdict() for name, each in replay.expected.items()},
        "history": {name: [round(value, 3) for value in values] for name, values in replay.history.items()},
        "steps": [
            {
                "name": clean(step.name),
                "stage": step.stage,
                "lines": list(step.lines),
                "seconds": round(step.seconds, 3),
                "basis": step.basis.value,
                "bytes": step.bytes,
                "hits": {name: round(value, 4) for name, value in step.hits.items()},
                "after": list(step.after),
            }
            for step in replay.steps
        ],
    }
