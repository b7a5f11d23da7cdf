"""What a proof came to, as one frozen value."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import Enum
from typing import NamedTuple

from jettison.image import Image
from jettison.proof.candidate import Candidate, Change
from jettison.proof.check import Check, Reason
from jettison.proof.scenarios import Timing
from jettison.proof.sizes import Sizes, sizes


class Result(str, Enum):
    """How far the changes that were kept may be trusted."""

    PASSED = "passed"
    FAILED = "failed"
    INCONCLUSIVE = "inconclusive"
    """Nothing differs that may not, but nothing was run that would have shown a broken image."""


class Verdict(NamedTuple):
    """The result about the changes kept, with the reasons unless it passed."""

    result: Result
    reasons: tuple[Reason, ...] = ()


class Dropped(NamedTuple):
    """A change that the proof took back, and why."""

    change: Change
    reason: str
    evidence: tuple[Reason, ...] = ()


@dataclass(frozen=True, slots=True)
class Measured:
    """One image of the proof."""

    sizes: Sizes
    digest: str
    user: str
    """As the image config says; empty: root."""
    uid: int | None = None
    """None when no container was looked at, or the image does not know its user."""
    layers: tuple[tuple[str, int], ...] = ()
    """What made each layer, as the image's history says, and its uncompressed bytes."""


@dataclass(frozen=True, slots=True)
class Proof:
    """The whole proof. `candidate` is what may be written: before with the changes kept; None without any."""

    verdict: Verdict
    before: Measured
    after: Measured | None = None
    candidate: Candidate | None = None
    kept: tuple[Change, ...] = ()
    dropped: tuple[Dropped, ...] = ()
    timings: tuple[Timing, ...] = ()
    check: Check | None = None
    """How the images agree: config, files, behaviour. Of the changes kept; None when there are none."""
    notes: tuple[str, ...] = ()
    seconds: float = 0.0
    """Of the whole proof."""
    size_budget: int | None = None
    rebuild_budget: float | None = None
    """Most seconds that a rebuild after a code edit may take."""

    @property
    def passed(self) -> bool:
        """True when at least one change was kept and confirmed."""
        return self.verdict.result is Result.PASSED

    @property
    def over_budget(self) -> bool:
        """True when the image after (else the one before) has more bytes than the configuration allows."""
        image = self.after or self.before
        return self.size_budget is not None and image.sizes.uncompressed > self.size_budget

    @property
    def rebuild_seconds(self) -> float | None:
        """What a rebuild after a code edit took, after the changes; None when it was not measured."""
        both = next((t.medians for t in self.timings if t.name == "code-edit"), None)
        return both[1] if both else None

    @property
    def over_time(self) -> bool:
        """True when a rebuild after a code edit took longer than the configuration allows."""
        seconds = self.rebuild_seconds
        return self.rebuild_budget is not None and seconds is not None and seconds > self.rebuild_budget


def judge(check: Check, timings: Iterable[Timing] = ()) -> Verdict:
    """The verdict about a candidate, from the check, builds that broke in a scenario, and weak evidence."""
    broken = [Reason(f"it does not build: {t.title}", (t.broken,)) for t in timings if t.broken]
    reasons = (*check.reasons, *broken)
    if reasons:
        return Verdict(Result.FAILED, reasons)
    if check.weak:
        return Verdict(
            Result.INCONCLUSIVE, (Reason("nothing that was run would show a broken image", (check.weak,)),)
        )
    return Verdict(Result.PASSED)


def measured(image: Image, uid: int | None) -> Measured:
    """The figures of one image."""
    layers = tuple((layer.created_by, layer.uncompressed) for layer in image.layers)
    return Measured(sizes(image), image.digest, str(image.run_config.get("User") or ""), uid, layers)
