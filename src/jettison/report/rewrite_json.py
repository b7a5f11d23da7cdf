"""A rewrite and its proof in the format `json`: the keys that `fix` and `prove` add."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from jettison.report import Answer
from jettison.report.diff import file_changes, unified
from jettison.report.json import change_document, clean, finding_document

if TYPE_CHECKING:
    from jettison.rewrite import Rewrite


def rewrite_document(answer: Answer) -> dict[str, Any]:
    """`changes`, `dropped`, `left`, `files` and `proof`; null where the command has none."""
    made: dict[str, Any] = {}
    if answer.rewrite is not None:
        made |= _rewrite(answer.rewrite, answer)
    if answer.command == "ignore":
        made["lines"] = [
            {
                "line": line.number,
                "pattern": clean(line.text),
                "files": line.files,
                "bytes": line.bytes,
                "comment": clean(line.comment),
            }
            for line in answer.lines
        ]
    made["proof"] = None
    if answer.proof is not None:
        from jettison.proof import to_json

        made["proof"] = to_json(answer.proof)
    made["unproved"] = clean(answer.unproved) if answer.unproved else None
    return made


def _rewrite(rewrite: Rewrite, answer: Answer) -> dict[str, Any]:
    path = rewrite.before.path
    return {
        "changes": [change_document(change, path) for change in rewrite.changes],
        "dropped": [
            {
                "id": each.id,
                "rule": each.finding.rule,
                "message": clean(each.finding.message),
                "reason": clean(each.reason),
            }
            for each in rewrite.dropped
        ],
        "left": [finding_document(each, rewrite.after) for each in answer.left],
        "files": [
            {
                "path": clean(change.shown),
                "new": change.before is None,
                "written": change.shown in answer.written,
                "diff": clean("".join(unified(change))),
            }
            for change in file_changes(rewrite)
        ],
    }
