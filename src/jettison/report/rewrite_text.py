"""A rewrite in the format `text`: diffs, each change with its reason, what was left and why, the proof."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from jettison.report import Answer
from jettison.report.diff import file_changes, unified
from jettison.report.sizes import saving, size
from jettison.report.style import Style, visible
from jettison.report.text import counted, headline, remedy, worth_of

if TYPE_CHECKING:
    from jettison.plan import Change
    from jettison.rewrite import Rewrite


def rewritten(answer: Answer, style: Style) -> Iterator[str]:
    """What `fix` and `prove` have to say."""
    rewrite = answer.rewrite
    if rewrite is not None:
        yield from _diffs(rewrite, style)
        yield from _changes(rewrite, style)
        yield from _lines(answer, style)
        yield from _left(answer, rewrite, style)
    if answer.proof is not None:
        from jettison.report.proof_text import proved

        yield "\n" if rewrite is not None else ""
        yield from proved(answer.proof, style)
    if answer.unproved:
        first, *rest = answer.unproved.splitlines()
        yield f"\n{style.yellow('Not proved:')} {visible(first)}\n"
        yield from (f"  {visible(line)}\n" for line in rest)
    if rewrite is not None:
        yield from _ending(answer, rewrite, style)


def _diffs(rewrite: Rewrite, style: Style) -> Iterator[str]:
    for change in file_changes(rewrite):
        yield from unified(change, style)


def _changes(rewrite: Rewrite, style: Style) -> Iterator[str]:
    if not rewrite.changes:
        return
    worth = worth_of(tuple(change.finding for change in rewrite.changes))
    yield f"\n{style.bold(counted(len(rewrite.changes), 'change'))}{worth}\n"
    for number, change in enumerate(rewrite.changes, 1):
        yield from _change(number, change, style)


def _change(number: int, change: Change, style: Style) -> Iterator[str]:
    worth = saving(change.finding.saving)
    claim = f"  {style.green(f'[{worth}]')}" if worth else ""
    yield (
        f"{number:3}. {visible(change.fix.title)}  {style.cyan(change.id)} ({change.finding.code}, "
        f"{change.fix.safety.value}){claim}\n"
    )
    yield f"     {style.dim(f'why: line {change.line}: {visible(change.finding.message)}')}\n"


def _lines(answer: Answer, style: Style) -> Iterator[str]:
    """What each line of the ignore file keeps out; those that name nothing today are counted."""
    worth = [line for line in answer.lines if line.files]
    if not worth:
        return
    idle = len(answer.lines) - len(worth)
    total = size(sum(line.bytes for line in worth))
    yield f"\n{style.bold('What each line keeps out')}  {style.green(f'[{total}]')}\n"
    width = min(max(len(visible(line.text)) for line in worth), 40)
    for line in worth:
        why = f"  {style.dim(visible(line.comment))}" if line.comment else ""
        yield f"  {size(line.bytes):>9}  {visible(line.text):{width}}{why}\n"
    if idle:
        names = f"{counted(idle, 'more line')} for what is not there now"
        yield f"  {style.dim(names)}\n"


def _left(answer: Answer, rewrite: Rewrite, style: Style) -> Iterator[str]:
    if rewrite.dropped:
        yield f"\n{style.bold('Tried and taken back')}\n"
    for dropped in rewrite.dropped:
        yield f"  {headline(dropped.finding, None, style)}\n"
        yield f"    {style.dim(visible(dropped.reason))}\n"
    if answer.left:
        yield f"\n{style.bold('Left as it is')}\n"
    taken_back = {(dropped.finding.rule, dropped.finding.message) for dropped in rewrite.dropped}
    refuted = {(each.change.rule, each.change.title) for each in answer.proof.dropped} if answer.proof else ()
    for finding in answer.left:
        if (finding.rule, finding.message) not in taken_back:
            failed = finding.fix is not None and (finding.rule, finding.fix.title) in refuted
            what = "the builds did not confirm its fix: see below" if failed else remedy(finding)
            yield f"  {headline(finding, rewrite.after, style)}\n"
            yield f"    {style.dim(what)}\n"


def _ending(answer: Answer, rewrite: Rewrite, style: Style) -> Iterator[str]:
    """What was written, or what to do next."""
    if answer.written:
        yield f"\n{style.green('Written:')} {visible(', '.join(answer.written))}\n"
    elif not rewrite.changed:
        left = "" if not answer.left else f"; {counted(len(answer.left), 'finding')} left"
        blank = "\n" if answer.left or answer.proof is not None else ""
        yield f"{blank}Nothing to change{left}.\n"
    else:
        yield f"\nNothing was written.{_next_step(answer)}\n"


def _next_step(answer: Answer) -> str:
    if answer.unproved:
        return ""
    if answer.command == "ignore":
        return " Next: jettison ignore --apply"
    if answer.proof is None:
        return " Next: jettison fix --apply, or --apply --prove to build it first"
    if answer.proof.passed:
        return " Next: jettison fix --apply --prove"
    return " A smoke test in jettison.toml would tell more." if answer.proof.after is not None else ""
