"""The format `text`: findings ranked by worth, a rewrite as diffs with reasons, a proof as a table."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.findings import Safety, Saving
from jettison.report import Answer, report
from jettison.report.sizes import saving, total
from jettison.report.style import Style, visible

if TYPE_CHECKING:
    from jettison.findings import Finding
    from jettison.project import Project


@report("text")
def text(answer: Answer, style: Style) -> Iterator[str]:
    """The answer for a person, one line or a few at a time, each with its newline."""
    if answer.command == "check":
        yield from _checked(answer, style)
        return
    if answer.command == "replay":
        from jettison.report.replay_text import replayed

        yield from replayed(answer, style)
        return
    if answer.why is not None:
        from jettison.report.why import explained

        yield from explained(answer.why, answer.projects[0].path, style)
        return
    if answer.command == "ci":
        from jettison.report.ci_text import wired

        yield from wired(answer, style)
        return
    from jettison.report.rewrite_text import rewritten

    yield from rewritten(answer, style)


def finding_lines(finding: Finding, project: Project | None, style: Style) -> Iterator[str]:
    """A finding in two lines: where, which rule, what and what it is worth; then what can be done."""
    yield f"{headline(finding, project, style)}\n"
    yield f"    {style.dim(remedy(finding))}\n"


def headline(finding: Finding, project: Project | None, style: Style) -> str:
    """`path:line:column  rule (code)  message  [-12 MB, rule of thumb]`."""
    place = visible(finding.path)
    if project is not None:
        line, column = project.dockerfile.position(finding.span.start)
        place += f":{line}:{column}"
    worth = saving(finding.saving)
    claim = f"  {style.green(f'[{worth}]')}" if worth else ""
    return (
        f"{style.bold(place)}  {style.cyan(finding.rule)} ({finding.code})  {visible(finding.message)}{claim}"
    )


def remedy(finding: Finding) -> str:
    """What can be done about a finding, or why nothing is."""
    if finding.fix is None:
        why = f"not fixed: {finding.refused}" if finding.refused else f"more: jettison explain {finding.rule}"
        return visible(why)
    how = {
        Safety.SAFE: "fix: {} (jettison fix)",
        Safety.PROVEN: "fix: {} (needs builds to prove it: jettison fix --prove)",
        Safety.SUGGEST: "suggestion, never applied by itself: {}",
    }[finding.fix.safety]
    return visible(how.format(finding.fix.title))


def counted(number: int, noun: str, plural: str = "") -> str:
    """`1 finding`, `2 findings`."""
    return f"{number} {noun if number == 1 else plural or noun + 's'}"


def worth_of(findings: tuple[Finding, ...]) -> str:
    """`, worth up to 12 MB and ...`; savings overlap, so their sum is a ceiling."""
    once: dict[object, Saving] = {}
    for number, finding in enumerate(findings):
        key = (finding.path, finding.about) if finding.about else number
        once[key] = max(finding.saving, once.get(key, finding.saving), key=lambda each: each.worth)
    worth = saving(total(list(once.values())))
    return f", worth together up to {worth}" if worth else ""


def _checked(answer: Answer, style: Style) -> Iterator[str]:
    projects = {project.path: project for project in answer.projects}
    for finding in answer.findings:
        yield from finding_lines(finding, projects.get(finding.path), style)
    where = f"in {counted(len(answer.projects), 'Dockerfile')}"
    if not answer.findings:
        yield f"No findings {where}.\n"
        return
    number = counted(len(answer.findings), "finding")
    yield f"\n{style.bold(number)} {where}{worth_of(answer.findings)}.\n"
    yield f"Next: {_next_step(answer)}\n"


def _next_step(answer: Answer) -> str:
    import shlex

    for safety, command, what in (
        (Safety.PROVEN, "fix --prove", "rewrites it, builds before and after, and shows the gain"),
        (Safety.SAFE, "fix", "shows the rewrite as a diff"),
    ):
        for finding in answer.findings:
            if finding.fix is not None and finding.fix.safety is safety:
                path = " -" if finding.path == "-" else f" {shlex.quote(visible(finding.path))}"
                return f"jettison {command}{'' if path == ' Dockerfile' else path}   {what}"
    return f"jettison explain {answer.findings[0].rule}   what to do about the first one"
