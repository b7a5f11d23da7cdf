"""The format `html`: one file that needs nothing else, and runs no script."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from jettison.report import Answer, report
from jettison.report.html.annotated import annotated
from jettison.report.html.gantt import gantt
from jettison.report.html.markup import section
from jettison.report.html.page import page
from jettison.report.html.plan import of_record, of_replay
from jettison.report.style import Style

if TYPE_CHECKING:
    from jettison.build.record import BuildRecord
    from jettison.findings import Finding
    from jettison.project import Project
    from jettison.replay import Replay

_BUILDS = {"cold": "Cold build", "code-edit": "Rebuild after a code edit"}
_MODELS = {"none": "Cold build", "local": "Rebuild on a builder that keeps its cache, at most commits"}


class Side(NamedTuple):
    """One Dockerfile of the answer with what is known of it."""

    title: str
    project: Project
    findings: tuple[Finding, ...] = ()
    record: BuildRecord | None = None
    """Of its cold build."""
    replay: Replay | None = None
    layers: tuple[tuple[str, int], ...] = ()
    """Of the image that was built: what made each, and its uncompressed bytes."""


@report("html")
def html(answer: Answer, _style: Style) -> Iterator[str]:
    """The answer as one HTML document. The same answer gives the same bytes."""
    from jettison.report.html.overview import overview
    from jettison.report.html.rewritten import changed, left_out, proved

    body = [overview(answer)]
    if answer.proof is not None:
        body.append(section("Proof", proved(answer.proof)))
    if answer.why is not None:
        from jettison.report.html.explained import explained

        body.append(section("Why steps run again", explained(answer.why)))
    if answer.replays:
        from jettison.report.html.history import history

        body.append(section("Over the history", history(answer.replays)))
    body.append(section("The steps over time", _gantts(answer)))
    if answer.rewrite is not None:
        body.append(section("Changes", changed(answer, answer.rewrite)))
        body.append(section("Tried and taken back", left_out(answer.rewrite)))
    sides = _sides(answer)
    body += [section(side.title, _annotated(side)) for side in sides]
    yield from page(answer.command, [project.path for project in answer.projects], body)


def _annotated(side: Side) -> str:
    from jettison.report.html.layers import bytes_by_line

    disk = bytes_by_line(side.record, side.layers) if side.record is not None else {}
    return annotated(side.title, side.project, side.findings, side.record, side.replay, disk)


def _gantts(answer: Answer) -> str:
    """Before and after of each scenario, from builds that were done, else from the model."""
    from jettison.report.html.markup import esc

    made = ""
    for name, title in _BUILDS.items():
        records = _records(answer, name)
        if len(records) == 2:
            builds = zip(("before", "after"), ("now", "then"), map(of_record, records), strict=True)
            made += f"<h3>{esc(title)}</h3>\n{gantt(list(builds))}"
    if made or not answer.replays:
        return made + (_LEGEND if made else "")
    for name, title in _MODELS.items():
        titles = ("now", "after the fixes")
        plans = [of_replay(replay, name) for replay in answer.replays]
        builds = zip(titles, ("now", "then"), plans, strict=False)
        made += f"<h3>{esc(title)}</h3>\n{gantt(list(builds))}"
    return made + _LEGEND


_LEGEND = (
    '<p class="basis"><span class="mark">◆</span> on the critical path: the build ends no earlier unless one '
    "of these steps does. Before and after have the same scale.</p>\n"
)


def _records(answer: Answer, name: str) -> Sequence[BuildRecord]:
    timings = answer.proof.timings if answer.proof is not None else ()
    return next((timing.records for timing in timings if timing.name == name), ())


def _sides(answer: Answer) -> list[Side]:
    """The Dockerfiles to show, line by line."""
    if answer.command == "check" or not answer.projects:
        return [
            Side(project.path, project, tuple(each for each in answer.findings if each.path == project.path))
            for project in answer.projects
        ]
    project = answer.projects[0]
    before, after = (*_records(answer, "cold"), None, None)[:2]
    now, then = (*answer.replays, None, None)[:2]
    images = (answer.proof.before, answer.proof.after) if answer.proof is not None else (None, None)
    old, new = (image.layers if image is not None else () for image in images)
    if answer.command == "prove":
        return [Side(f"{project.path}, after", project, answer.findings, after, layers=new)]
    if answer.rewrite is None or not answer.rewrite.changed:
        return [Side(project.path, project, answer.findings, before, now, old)]
    return [
        Side(f"{project.path}, now", project, answer.findings, before, now, old),
        Side(f"{project.path}, after the fixes", answer.rewrite.after, answer.left, after, then, new),
    ]
