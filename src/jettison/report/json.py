"""The format `json`, version 1. Its schema is docs/schema/jettison-v1.json and part of the interface."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, Any

from jettison.report import Answer, report
from jettison.report.style import Style

if TYPE_CHECKING:
    from jettison.findings import Finding, Fix, Saving
    from jettison.plan import Change
    from jettison.project import Project
    from jettison.spans import Span

VERSION = 1


@report("json")
def as_json(answer: Answer, _style: Style) -> Iterator[str]:
    """One JSON document, ASCII only, two spaces of indentation."""
    yield json.dumps(document(answer), indent=2)
    yield "\n"


def document(answer: Answer) -> dict[str, Any]:
    """The answer as the schema describes it."""
    projects = {project.path: project for project in answer.projects}
    made: dict[str, Any] = {
        "version": VERSION,
        "findings": [finding_document(each, projects[each.path]) for each in answer.findings],
    }
    if answer.command == "check":
        return made
    if answer.command == "replay":
        from jettison.report.replay_json import replay_document

        return made | {"replays": [replay_document(each) for each in answer.replays]}
    if answer.why is not None:
        from jettison.report.why import why_document

        return made | {"why": why_document(answer.why)}
    if answer.command == "ci":
        from jettison.report.ci_json import ci_document

        return made | ci_document(answer)
    from jettison.report.rewrite_json import rewrite_document

    return made | rewrite_document(answer)


def finding_document(finding: Finding, project: Project) -> dict[str, Any]:
    """One finding; lines and columns count from 1, columns in characters, `end` is just after it."""
    return {
        "rule": finding.rule,
        "code": finding.code,
        "aliases": list(finding.aliases),
        "path": clean(finding.path),
        "start": position(project, finding.span.start),
        "end": position(project, finding.span.end),
        "message": clean(finding.message),
        "saving": saving_document(finding.saving),
        "safety": finding.fix.safety.value if finding.fix else None,
        "fix": fix_document(finding.fix) if finding.fix else None,
        "refused": clean(finding.refused) if finding.refused is not None else None,
    }


def fix_document(fix: Fix) -> dict[str, Any]:
    """Edits as half-open byte ranges of the Dockerfile, and whole files by path from the context folder."""
    return {
        "title": clean(fix.title),
        "edits": [{**span_document(edit.span), **content("new", edit.new)} for edit in fix.edits],
        "files": [{"path": clean(path), **content("new", new)} for path, new in fix.files.items()],
    }


def change_document(change: Change, path: str) -> dict[str, Any]:
    """A fix that a rewrite applied: `line` is where its finding stood at that moment."""
    return {
        "id": change.id,
        "rule": change.finding.rule,
        "code": change.finding.code,
        "path": clean(path),
        "line": change.line,
        "message": clean(change.finding.message),
        "title": clean(change.fix.title),
        "safety": change.fix.safety.value,
        "saving": saving_document(change.finding.saving),
        "files": [clean(name) for name in change.fix.files],
    }


def saving_document(saving: Saving) -> Mapping[str, Any]:
    """Bytes, seconds and where the numbers come from."""
    return {"bytes": saving.bytes, "seconds": round(saving.seconds, 3), "basis": saving.basis.value}


def position(project: Project, offset: int) -> dict[str, int]:
    """Line and column of a byte offset."""
    line, column = project.dockerfile.position(offset)
    return {"line": line, "column": column}


def span_document(span: Span) -> dict[str, int]:
    """A half-open range of byte offsets."""
    return {"start": span.start, "end": span.end}


def content(name: str, data: bytes) -> dict[str, str]:
    """Bytes under `name` as text; those that are no UTF-8 under `name_base64`, so that none is lost."""
    try:
        return {name: data.decode("utf-8")}
    except UnicodeDecodeError:
        from base64 import b64encode

        return {f"{name}_base64": b64encode(data).decode("ascii")}


def clean(text: str) -> str:
    """Text without lone surrogates, which many JSON readers refuse."""
    return text.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
