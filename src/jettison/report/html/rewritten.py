"""A rewrite and its proof: the changes with their reasons, the diffs, the proof's table and verdict."""

from __future__ import annotations

from typing import TYPE_CHECKING

from jettison.report import Answer
from jettison.report.diff import file_changes, unified
from jettison.report.html.markup import esc, row, table
from jettison.report.sizes import saving, size

if TYPE_CHECKING:
    from jettison.proof import Proof
    from jettison.rewrite import Rewrite


def proved(proof: Proof) -> str:
    """The table of sizes and seconds, what was compared, and the verdict with its reasons."""
    from jettison.proof.table import statements, table_rows

    rows = [
        row(each.what, (each.before, each.after, each.factor))
        if each.before
        else f'<tr><th scope="row">{esc(each.what)}</th>'
        f'<td colspan="3">not measured: {esc(each.factor)}</td></tr>\n'
        for each in table_rows(proof)
    ]
    numbers = table(
        "Before and after, measured unless a row says otherwise", ("", "#before", "#after", "#gain"), rows
    )
    lines = "".join(
        f"<li{' class=detail' if line.startswith('  ') else ''}>{esc(line.strip())}</li>\n"
        for line in statements(proof)
    )
    return f'{numbers}<ul class="statements">\n{lines}</ul>\n'


def changed(answer: Answer, rewrite: Rewrite) -> str:
    """The changes in the order they were made, what an ignore file keeps out, and the diffs."""
    rows = []
    for number, change in enumerate(rewrite.changes, 1):
        worth = saving(change.finding.saving)
        rows.append(
            f'<tr><td class="no">{number}</td><td>{esc(change.fix.title)}<br><small>line {change.line}: '
            f"{esc(change.finding.message)}</small></td><td>{esc(change.id)} <small>"
            f"{esc(change.finding.code)}, {change.fix.safety.value}</small></td>"
            f'<td class="num">{esc(worth) or "-"}</td></tr>\n'
        )
    heads = ("no.", "change and reason", "rule", "#expected")
    made = table("Changes, in the order they are made", heads, rows) if rows else ""
    made += _kept_out(answer)
    for file in file_changes(rewrite):
        lines, name = "".join(_diff_line(line) for line in unified(file)), esc(file.shown)
        made += (
            f"<details open><summary>{name}</summary>\n"
            f'<pre class="diff" tabindex="0" role="region" aria-label="Diff of {name}">'
            f"<code>{lines}</code></pre></details>\n"
        )
    return made or "<p>Nothing to change.</p>\n"


def left_out(rewrite: Rewrite) -> str:
    """Fixes that were taken back, with the reason."""
    rows = [
        f"<tr><td>{esc(each.finding.rule)}</td><td>{esc(each.finding.message)}</td>"
        f"<td>{esc(each.reason)}</td></tr>\n"
        for each in rewrite.dropped
    ]
    return table("Fixes that were taken back", ("rule", "finding", "reason"), rows) if rows else ""


def _kept_out(answer: Answer) -> str:
    rows = [
        row(line.text + (f"  {line.comment}" if line.comment else ""), (f"{line.files:,}", size(line.bytes)))
        for line in answer.lines
        if line.files
    ]
    heads = ("line", "#files", "#bytes")
    return table("What each line of the ignore file keeps out, measured", heads, rows) if rows else ""


def _diff_line(line: str) -> str:
    body, _, rest = line.partition("\n")
    kind = {"-": "del", "+": "ins"}.get(line[:1]) if line[:3] not in ("---", "+++") else None
    text = esc(body)
    made = f"<{kind}>{text}\n</{kind}>" if kind else f"{text}\n"
    return made + (esc(rest.rstrip("\n")) + "\n" if rest.strip() else "")
