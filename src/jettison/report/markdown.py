"""The format `markdown`: for a comment on a pull request, or the summary of a CI run."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from typing import TYPE_CHECKING

from jettison.report import Answer, report
from jettison.report.diff import FileChange, file_changes, unified
from jettison.report.sizes import saving, size
from jettison.report.style import Style, visible
from jettison.report.text import counted, remedy, worth_of

if TYPE_CHECKING:
    from jettison.ci.budget import Budget
    from jettison.ci.wiring import Wiring
    from jettison.findings import Finding
    from jettison.rewrite import Rewrite

_SPECIAL = str.maketrans({char: f"\\{char}" for char in "\\`*_{}[]<>#|~"})
_SECTIONS = {
    "check": "what is worth fixing",
    "fix": "the rewrite",
    "ignore": "the ignore file",
    "prove": "the proof",
}


@report("markdown")
def markdown(answer: Answer, style: Style) -> Iterator[str]:
    """The answer as GitHub and GitLab render it; what is no table of ours stands as text in a fence."""
    if answer.command in ("replay", "why"):
        from jettison.report.text import text

        yield from _fenced("".join(text(answer, Style())))
        return
    if answer.budget is not None:
        yield from _budget(answer.budget)
        return
    if answer.wiring is not None:
        yield from _wiring(answer.wiring)
        return
    yield f"### jettison: {_SECTIONS.get(answer.command, answer.command)}\n\n"
    if answer.command == "check":
        yield from _findings(answer, answer.findings)
        return
    if answer.rewrite is not None:
        yield from _rewrite(answer, answer.rewrite)
    if answer.proof is not None:
        from jettison.proof.table import markdown as table

        yield f"{table(answer.proof)}\n"
    if answer.unproved:
        yield f"**Not proved:** {escaped(answer.unproved)}\n\n"


def escaped(text: str) -> str:
    """The text on one line, with nothing in it that markdown or HTML would obey."""
    return visible(" ".join(text.split())).translate(_SPECIAL)


def row(cells: Iterable[str]) -> str:
    """One row of a table; the cells are escaped already."""
    return f"| {' | '.join(cells)} |\n"


def _findings(answer: Answer, findings: tuple[Finding, ...]) -> Iterator[str]:
    projects = {project.path: project for project in answer.projects}
    if not findings:
        yield f"No findings in {counted(len(projects), 'Dockerfile')}.\n"
        return
    yield row(("where", "rule", "what", "worth", "what can be done")) + "|---|---|---|---|---|\n"
    for each in findings:
        line = projects[each.path].dockerfile.position(each.span.start).line
        yield row(
            (
                f"{escaped(each.path)}:{line}",
                escaped(each.rule),
                escaped(each.message),
                saving(each.saving),
                escaped(remedy(each)),
            )
        )
    yield f"\n**{counted(len(findings), 'finding')}**{worth_of(findings)}.\n"


def _rewrite(answer: Answer, rewrite: Rewrite) -> Iterator[str]:
    if not rewrite.changed:
        yield "Nothing to change.\n\n"
    else:
        yield row(("line", "change", "why", "worth")) + "|---:|---|---|---|\n"
        for change in rewrite.changes:
            yield row(
                (
                    str(change.line),
                    escaped(change.fix.title),
                    escaped(change.finding.message),
                    saving(change.finding.saving),
                )
            )
        yield "\n"
        yield from _diffs(file_changes(rewrite))
    if answer.left:
        yield f"Left as it is: {counted(len(answer.left), 'finding')}.\n\n"
        yield from (
            f"- {escaped(each.path)}: {escaped(each.message)} ({escaped(remedy(each))})\n"
            for each in answer.left
        )
        yield "\n"


def _budget(budget: Budget) -> Iterator[str]:
    from jettison.report.ci_text import rows

    over = budget.over_size or budget.over_time
    yield f"### jettison: {escaped(budget.image)} is {'over' if over else 'within'} its budget\n\n"
    yield row(("", "measured", "budget", "")) + "|---|---:|---:|---|\n"
    for what, measured, allowed, verdict in rows(budget):
        yield row((what, measured, allowed, f"**{verdict}**" if verdict == "OVER" else verdict))
    yield f"\nThe largest of {budget.layers} layers:\n\n"
    yield row(("bytes", "made by")) + "|---:|---|\n"
    yield from (row((size(bytes), escaped(by)[:200])) for bytes, by in budget.heaviest)


def _wiring(wiring: Wiring) -> Iterator[str]:
    yield "### jettison: the pipeline\n\n"
    if wiring.changes:
        yield row(("where", "change", "why")) + "|---|---|---|\n"
        for each in wiring.changes:
            yield row((f"{escaped(each.path)}:{each.line}", escaped(each.title), escaped(each.why)))
        yield "\n"
        yield from _diffs(wiring.files)
    else:
        yield "Nothing to change.\n\n"
    for left in wiring.refused:
        place = f"{left.path}:{left.line}" if left.line else left.path
        yield f"- left as it is: {escaped(place)}: {escaped(left.why)}\n"
    yield from (f"- {escaped(line)}\n" for line in wiring.advice)


def _diffs(changes: Iterable[FileChange]) -> Iterator[str]:
    text = "".join(line for change in changes for line in unified(change))
    yield "<details><summary>The diff</summary>\n\n"
    yield from _fenced(text, "diff")
    yield "\n</details>\n\n"


def _fenced(text: str, kind: str = "") -> Iterator[str]:
    """The text in a fence that is longer than any in it."""
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    end = "" if text.endswith("\n") else "\n"
    yield f"{fence}{kind}\n{text}{end}{fence}\n"
