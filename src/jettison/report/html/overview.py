"""The figures at the top of the page, two bars each, with their basis."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from jettison.findings import Basis
from jettison.report import Answer
from jettison.report.html.markup import esc, small
from jettison.report.sizes import duration, factor, size
from jettison.report.text import counted, worth_of

if TYPE_CHECKING:
    from jettison.proof import Proof

_VERDICTS = {"passed": "Proved", "failed": "Not proved", "inconclusive": "Not proved either way"}


class Figure(NamedTuple):
    """One number before and after."""

    what: str
    before: float
    after: float | None
    texts: tuple[str, str]
    basis: str


def overview(answer: Answer) -> str:
    """The verdict or the number of findings, and the figures."""
    figures = "".join(_figure(each) for each in (*_of_proof(answer.proof), *_of_replays(answer)))
    return f'{_said(answer)}<div class="figures">{figures}</div>\n' if figures else _said(answer)


def _said(answer: Answer) -> str:
    if answer.proof is not None:
        result = answer.proof.verdict.result.value
        return f'<p class="verdict {result}">{_VERDICTS[result]}</p>\n'
    said = ""
    if answer.unproved:
        said = f'<p class="verdict failed">Not proved: {esc(" ".join(answer.unproved.splitlines()))}</p>\n'
    if answer.command == "check":
        where = counted(len(answer.projects), "Dockerfile")
        number = counted(len(answer.findings), "finding")
        said += f'<p class="verdict">{esc(f"{number} in {where}{worth_of(answer.findings)}")}</p>\n'
    elif answer.rewrite is not None and not answer.replays:
        worth = worth_of(tuple(change.finding for change in answer.rewrite.changes))
        number = counted(len(answer.rewrite.changes), "change")
        state = ", written" if answer.written else ", nothing written" if answer.rewrite.changed else ""
        said += f'<p class="verdict">{esc(f"{number}{worth}{state}")}</p>\n'
    return said


def _of_proof(proof: Proof | None) -> Iterator[Figure]:
    if proof is None:
        return
    before, after = proof.before.sizes, proof.after.sizes if proof.after is not None else None
    for what, old, new, basis in (
        ("image on disk", before.uncompressed, after.uncompressed if after else None, Basis.MEASURED),
        ("image to pull", before.compressed, after.compressed if after else None, before.basis),
    ):
        if old is not None:
            texts = (size(old), size(new) if new is not None else "")
            yield Figure(what, old, new, texts, basis.value)
    for timing in proof.timings:
        if timing.name in ("cold", "code-edit") and timing.medians is not None:
            old_time, new_time = timing.medians
            texts = (duration(old_time), duration(new_time))
            yield Figure(timing.title, old_time, new_time, texts, Basis.MEASURED.value)


def _of_replays(answer: Answer) -> Iterator[Figure]:
    if not answer.replays:
        return
    before, after = answer.replays[0], answer.replays[1] if len(answer.replays) > 1 else None
    for name, what in (
        ("local", "mean rebuild, cache kept"),
        ("registry-max", "mean rebuild, registry cache"),
        ("none", "build without cache"),
    ):
        now, then = before.expected[name].mean, after.expected[name].mean if after is not None else None
        texts = (duration(now), duration(then) if then is not None else "")
        yield Figure(what, now, then, texts, Basis.MODELLED.value)


def _figure(figure: Figure) -> str:
    most = max(figure.before, figure.after or 0.0) or 1.0
    bars = _bar("now", figure.before / most, figure.texts[0], "now")
    gain = ""
    if figure.after is not None:
        bars += _bar("then", figure.after / most, figure.texts[1], "after")
        gain = factor(figure.before, figure.after)
        gain += "" if not gain or gain == "same" or gain.endswith("more") else " less"
    worse = " worse" if gain.endswith("more") else ""
    return (
        f'<div class="figure"><h3>{esc(figure.what)}</h3>'
        f'<p class="gain{worse}">{gain or esc(figure.texts[0])}</p>'
        f'{bars}<p class="basis">{esc(figure.basis)}</p></div>\n'
    )


def _bar(kind: str, share: float, text: str, name: str) -> str:
    return (
        f'<p class="pair {kind}"><span>{name}</span><b>{esc(text)}</b></p>'
        f'<svg class="{kind}" width="100%" height="8" aria-hidden="true">'
        f'<rect width="{small(max(100 * share, 0.5))}%" height="8" rx="2"/></svg>'
    )
