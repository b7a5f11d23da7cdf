"""A proof for people: one table of sizes and times, then what was compared, as plain text or markdown."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import NamedTuple

from jettison.findings import Basis
from jettison.proof.check import Check
from jettison.proof.scenarios import Timing
from jettison.proof.verdict import Measured, Proof, Result

_VERDICTS = {
    Result.PASSED: "proved: nothing changed but what the changes name",
    Result.FAILED: "not proved",
    Result.INCONCLUSIVE: "not proved either way",
}


class Row(NamedTuple):
    """One line of the table; a measure that could not be taken has its reason in `factor` and no values."""

    what: str
    before: str
    after: str
    factor: str


def text(proof: Proof) -> str:
    """The table in aligned columns, and below it one line for each thing that was compared."""
    rows = [Row("", "before", "after", ""), *table_rows(proof)]
    widths = [max(len(row[column]) for row in rows if row.before or column == 0) for column in range(4)]
    lines = []
    for row in rows:
        if row.before:
            cells = (
                row.what.ljust(widths[0]),
                row.before.rjust(widths[1]),
                row.after.rjust(widths[2]),
                row.factor,
            )
        else:
            cells = (row.what.ljust(widths[0]), "", "", f"not measured: {row.factor}")
        lines.append("  ".join(cell for cell in cells if cell or row.before).rstrip())
    return "\n".join([*lines, "", *statements(proof)]) + "\n"


def markdown(proof: Proof) -> str:
    """The same as a markdown table and a list."""
    lines = ["| | before | after | factor |", "|---|---:|---:|---:|"]
    for row in table_rows(proof):
        cells = row if row.before else (row.what, "", "", f"not measured: {row.factor}")
        lines.append("| " + " | ".join(cell.replace("|", "\\|").replace("\n", " ") for cell in cells) + " |")
    return "\n".join([*lines, "", *(f"- {line}" for line in statements(proof))]) + "\n"


def table_rows(proof: Proof) -> list[Row]:
    """Sizes in MB of 1,000,000 bytes, then seconds; every figure measured unless the row says otherwise."""
    before, after = proof.before, proof.after
    sizes = after.sizes if after else None
    rows = [
        _size("image on disk", before.sizes.uncompressed, sizes.uncompressed if sizes else None),
        _size(_compressed_title(before), before.sizes.compressed, sizes.compressed if sizes else None),
        Row("layers", str(before.sizes.layers), str(after.sizes.layers) if after else "-", ""),
    ]
    if before.uid is not None or (after and after.uid is not None):
        rows.append(Row("runs as", _user(before), _user(after) if after else "-", ""))
    return rows + [_time(timing) for timing in proof.timings]


def statements(proof: Proof) -> Iterator[str]:
    """What was compared and what came of it, one thing a line, the verdict last."""
    if proof.check:
        yield from _compared(proof.check)
    if line := _cache_gain(proof.timings):
        yield line
    runs = [len(t.before) for t in proof.timings if t.before]
    if runs:
        how = f"{min(runs)}" if min(runs) == max(runs) else f"{min(runs)} to {max(runs)}"
        plural = "" if max(runs) == 1 else "s"
        yield f"times: measured here, medians of {how} run{plural}, before and after in turn"
    for dropped in proof.dropped:
        yield f"dropped {dropped.change.id} ({dropped.change.title}): {dropped.reason}"
    if proof.size_budget is not None:
        image = proof.after or proof.before
        said = "over" if proof.over_budget else "within"
        yield f"size budget: {_mb(image.sizes.uncompressed)} is {said} {_mb(proof.size_budget)}"
    if proof.rebuild_budget is not None:
        seconds = proof.rebuild_seconds
        took = "not measured" if seconds is None else f"{_seconds(seconds)} after a code edit"
        said = "no word on" if seconds is None else "over" if proof.over_time else "within"
        yield f"time budget: {took}, {said} {_seconds(proof.rebuild_budget)}"
    yield from (f"note: {note}" for note in proof.notes)
    yield f"{_VERDICTS[proof.verdict.result]} ({proof.seconds:.0f} s)"
    for reason in proof.verdict.reasons:
        yield from (f"  {line}" for line in (f"{reason.what}:", *_indented(reason.evidence)))


def _compared(check: Check) -> Iterator[str]:
    for trial in check.trials:
        equal = [c for c in trial.comparisons if c.equal]
        shown = [
            f"{c.facet} {c.evidence}" for c in equal if c.facet.endswith((" status", " body", "exit code"))
        ]
        said = "; ".join(shown[:4]) or "; ".join(f"{c.facet} {c.evidence}" for c in equal[:3])
        verdict = "same" if trial.equal else "DIFFERENT"
        masked = trial.masking.partly + trial.masking.wholly
        parts = [f"{len(equal)} of {len(trial.comparisons)} things equal"]
        parts += (
            [f"{masked} of {trial.masking.lines} lines vary by themselves and were masked"] if masked else []
        )
        parts += [f"weak: {trial.weak}"] if trial.weak else []
        yield f"behaviour, {trial.name}: {verdict}" + (f" ({said}; {', '.join(parts)})" if said else "")
    for test in check.structure:
        yield f"structure test {test.name}: " + (
            f"FAILS: {test.problems[0]}" if test.problems else f"weak: {test.weak}" if test.weak else "passes"
        )
    yield from _files(check)
    yield from _config(check)


def _config(check: Check) -> Iterator[str]:
    by: dict[str, list[str]] = {}
    for difference in check.config:
        by.setdefault(difference.allowed_by, []).append(difference.field)
    for who, fields in by.items():
        yield f"config: {', '.join(fields)} " + (f"as {who} says" if who else "NOT ALLOWED")


def _files(check: Check) -> Iterator[str]:
    tree = check.tree
    parts = [f"{tree.same:,} equal"]
    by: dict[tuple[str, str], list[int]] = {}
    for each in tree.explained:
        total = by.setdefault((each.kind, each.by), [0, 0])
        total[0] += each.count
        total[1] += each.bytes
    parts += [f"{count:,} {kind} ({who}, {_mb(size)})" for (kind, who), (count, size) in by.items()]
    masked = sum(each.count for each in tree.masked)
    parts += [f"{masked:,} vary by themselves and were masked"] if masked else []
    parts += [f"{len(tree.unexplained):,} NOT ALLOWED"] if tree.unexplained else []
    yield "files: " + "; ".join(parts)


def _cache_gain(timings: Sequence[Timing]) -> str:
    """What a CI cache is worth with the Dockerfile after."""
    found = {timing.name: timing.medians for timing in timings}
    without, cached = found.get("ci"), found.get("ci-cache")
    if not without or not cached:
        return ""
    note = next(t.note for t in timings if t.name == "ci-cache")
    times = f"{_seconds(cached[1])} instead of {_seconds(without[1])}"
    return f"a CI cache ({note}) makes a cold build {_factor(without[1], cached[1])} after: {times}"


def _size(what: str, before: int | None, after: int | None) -> Row:
    if before is None:
        return Row(what, "", "", "the engine keeps no compressed layers")
    if after is None:
        return Row(what, _mb(before), "-", "")
    return Row(what, _mb(before), _mb(after), _factor(before, after, "smaller", "bigger"))


def _compressed_title(image: Measured) -> str:
    return "image to pull" + ("" if image.sizes.basis is Basis.MEASURED else f" ({image.sizes.basis.value})")


def _time(timing: Timing) -> Row:
    both = timing.medians
    if not both:
        return Row(timing.title, "", "", timing.missing or "nothing to measure")
    return Row(timing.title, _seconds(both[0]), _seconds(both[1]), _factor(*both))


def _factor(before: float, after: float, better: str = "faster", worse: str = "slower") -> str:
    if not before or not after:
        return ""
    factor, word = (before / after, better) if before >= after else (after / before, worse)
    return "same" if factor < 1.05 else f"{factor:.1f}x {word}" if factor < 99.95 else f"{factor:.0f}x {word}"


def _user(image: Measured) -> str:
    return f"uid {image.uid}" if image.uid is not None else image.user or "root"


def _mb(size: int) -> str:
    megabytes = size / 1e6
    return (
        f"{megabytes:,.0f} MB"
        if megabytes >= 1000
        else f"{megabytes:.1f} MB"
        if size >= 50_000
        else f"{size} B"
    )


def _seconds(seconds: float) -> str:
    return f"{seconds:.1f} s" if seconds >= 1 else f"{seconds:.2f} s"


def _indented(evidence: Iterable[str]) -> Iterator[str]:
    for piece in evidence:
        yield from (f"  {line}" for line in piece.splitlines())
