"""The annotated Dockerfile: every line with what it takes, how often it is cached, its bytes, and the
findings."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING, NamedTuple

from jettison.findings import Basis
from jettison.report.html.markup import esc, small, table
from jettison.report.sizes import duration, saving, size
from jettison.report.text import remedy

if TYPE_CHECKING:
    from jettison.build.record import BuildRecord
    from jettison.findings import Finding
    from jettison.project import Project
    from jettison.replay import Replay


class Known(NamedTuple):
    """What is known of the step that begins on a line."""

    seconds: float
    basis: Basis
    bytes: int | None
    hits: tuple[float, float, float] | None
    """Share of commits at which it is cached: on a builder that keeps its cache, and on a fresh one with a
    registry's cache of mode max and of mode min."""
    warm: float | None = None
    """Seconds where its cache mounts are filled, when that is less."""


def annotated(
    title: str,
    project: Project,
    findings: tuple[Finding, ...],
    record: BuildRecord | None = None,
    replay: Replay | None = None,
    disk: Mapping[int, int] | None = None,
) -> str:
    """One Dockerfile. The seconds are those of the record where there is one; `disk` are uncompressed bytes
    of layers by line, and go before the compressed ones of record and replay."""
    known = _known(record, replay)
    if disk:
        known = {line: each._replace(bytes=disk.get(line)) for line, each in known.items()}
    place = "on disk" if disk else "to pull"
    notes = _notes(project, findings)
    lines = project.dockerfile.source.decode("utf-8", "surrogateescape").split("\n")
    if lines and not lines[-1]:
        lines.pop()
    most = max((each.seconds for each in known.values()), default=0.0)
    timed, priced = bool(known), any(each.hits for each in known.values())
    sized = any(each.bytes is not None for each in known.values())
    heads = ["line", "Dockerfile"]
    heads += ["#takes"] if timed else []
    heads += ["#cached"] if priced else []
    heads += [f"#{place}"] if sized else []
    rows = []
    for number, line in enumerate(lines, 1):
        cells = "".join(_cells(known.get(number), most, priced, place if sized else "")) if timed else ""
        code = esc(line.removesuffix("\r"))
        rows.append(
            f'<tr><td class="no">{number}</td><td class="code"><code>{code}</code></td>{cells}</tr>\n'
        )
        rows += [_note(note, len(heads)) for note in notes.pop(number, ())]
    for left in notes.values():
        rows += [_note(note, len(heads)) for note in left]
    return table(title, heads, rows, "source") + _legend(priced, place if sized else "")


def _known(record: BuildRecord | None, replay: Replay | None) -> dict[int, Known]:
    """By line. Steps that stand on the same line are summed; its hit rate is that of the longest."""
    found: dict[int, Known] = {}
    for step in replay.steps if replay is not None else ():
        if not step.lines:
            continue
        hits = tuple(step.hits[name] for name in ("local", "registry-max", "registry-min"))
        assert len(hits) == 3
        _add(found, step.lines[0], Known(step.seconds, step.basis, step.bytes, hits, step.warm))
    measured: dict[int, Known] = {}
    for done in record.steps if record is not None else ():
        if done.lines:
            _add(measured, done.lines[0], Known(done.seconds, Basis.MEASURED, done.bytes, None))
    for line, each in measured.items():
        old = found.get(line)
        there = each.bytes if each.bytes is not None or old is None else old.bytes
        found[line] = each._replace(hits=old.hits if old else None, bytes=there)
    return found


def _add(found: dict[int, Known], line: int, new: Known) -> None:
    old = found.get(line)
    if old is None:
        found[line] = new
        return
    both = [each.bytes for each in (old, new) if each.bytes is not None]
    longest = new if new.seconds > old.seconds else old
    warm = None if old.warm is None or new.warm is None else old.warm + new.warm
    found[line] = longest._replace(
        seconds=old.seconds + new.seconds, bytes=sum(both) if both else None, warm=warm
    )


def _cells(known: Known | None, most: float, priced: bool, place: str) -> Iterator[str]:
    if known is None:
        yield "<td></td>" * (1 + priced + bool(place))
        return
    takes = '<td class="num" data-is="takes">-'
    if known.seconds:
        takes = (
            f'<td class="num" data-is="takes">{duration(known.seconds)} <small>{known.basis.value}</small>'
        )
    share = 100 * known.seconds / most if most else 0.0
    less = known.warm is not None and known.warm < 0.95 * known.seconds
    warm = f"<small>, {duration(known.warm or 0.0)} with filled cache mounts</small>" if less else ""
    yield (
        f"{takes}{warm}"
        '<svg class="heat" width="100%" height="4" aria-hidden="true">'
        f'<rect width="{small(share)}%" height="4" rx="2"/></svg></td>'
    )
    if priced:
        hits = ""
        if known.hits is not None:
            kept, most_mode, least_mode = (f"{100 * share:.0f} %" for share in known.hits)
            hits = f"{kept} <small>max {most_mode}, min {least_mode}</small>"
        yield f'<td class="num" data-is="cached">{hits}</td>'
    if place:
        amount = "" if known.bytes is None else f"{size(known.bytes)} <small>measured</small>"
        yield f'<td class="num" data-is="{place}">{amount}</td>'


def _notes(project: Project, findings: tuple[Finding, ...]) -> dict[int, list[Finding]]:
    """By the line after which they are shown: the last one that they are about."""
    found: dict[int, list[Finding]] = {}
    for finding in findings:
        last = project.dockerfile.position(max(finding.span.start, finding.span.end - 1)).line
        found.setdefault(last, []).append(finding)
    return found


def _note(finding: Finding, columns: int) -> str:
    worth = saving(finding.saving)
    claim = f' <b class="worth">{esc(worth)}</b>' if worth else ""
    return (
        f'<tr class="note"><td></td><td colspan="{columns - 1}"><p><b>{esc(finding.rule)}</b> '
        f"({esc(finding.code)}) {esc(finding.message)}{claim}</p>"
        f"<p><small>{esc(remedy(finding))}</small></p></td></tr>\n"
    )


def _legend(priced: bool, place: str) -> str:
    said = []
    if priced:
        said.append(
            "cached: at how many of the commits the step is taken from the cache of a builder that keeps it; "
            "max and min: on a fresh builder with a registry's cache of that mode (modelled)."
        )
    if place:
        what = "uncompressed; of a FROM those of its base image" if place == "on disk" else "compressed"
        said.append(f"{place}: bytes of the step's layer, {what}.")
    return f'<p class="basis">{" ".join(said)}</p>\n' if said else ""
