"""Two images run side by side: what before shows twice in the same way, after has to show too."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from jettison.build import Workbench
from jettison.config import Config
from jettison.facts import load
from jettison.image import Image
from jettison.proof.mask import Mask, Masking
from jettison.proof.smoke import observe
from jettison.proof.trial import Observation, trials

_NOTHING_MASKED = Masking(0, 0, 0)


class Comparison(NamedTuple):
    """One thing that both images showed. `evidence` is the common value in short, or how they differ."""

    facet: str
    equal: bool
    evidence: str
    masking: Masking


@dataclass(frozen=True, slots=True)
class TrialReport:
    """One trial on both images; it speaks against the change when something differs or no longer holds."""

    name: str
    comparisons: tuple[Comparison, ...]
    broken: tuple[str, ...] = ()
    """Expectations that held before and do not hold after."""
    weak: str = ""
    """Why an agreement says little; empty when it says something."""
    log: str = ""
    """What after printed last."""
    before_seconds: float = 0.0
    after_seconds: float = 0.0
    """From start until it answered or ended."""
    before_uid: int | None = None
    after_uid: int | None = None

    @property
    def equal(self) -> bool:
        """True when nothing differs that before does not differ in by itself."""
        return not self.broken and all(c.equal for c in self.comparisons)

    @property
    def masking(self) -> Masking:
        """How much was left out, in lines of everything compared."""
        return sum((c.masking for c in self.comparisons), _NOTHING_MASKED)


class Baseline:
    """Before's runs, kept, so that any number of candidates can be compared with them."""

    def __init__(
        self, bench: Workbench, config: Config, name: str, image: Image, step: Callable[[str], None]
    ) -> None:
        self._bench, self._config, self._step = bench, config, step
        self._name, self._image = name, image
        self._trials = trials(config)
        self._runs: tuple[list[Observation], ...] = tuple([] for _ in self._trials)
        for number in range(len(self._trials)):
            self._again(number)
            self._again(number)

    def compare(self, name: str, image: Image) -> tuple[TrialReport, ...]:
        """Run every trial on the image built under `name`. What differs is tried once more on both images."""
        return tuple(self._compare(number, name, image) for number in range(len(self._trials)))

    def _compare(self, number: int, name: str, image: Image) -> TrialReport:
        report = compare(self._trials[number].name, self._runs[number], self._run(number, name, image))
        if report.equal:
            return report
        self._again(number)
        return compare(self._trials[number].name, self._runs[number], self._run(number, name, image))

    def _again(self, number: int) -> None:
        self._runs[number].append(self._run(number, self._name, self._image))

    def _run(self, number: int, name: str, image: Image) -> Observation:
        trial, earlier = self._trials[number], self._runs[number]
        self._step(f"run {name}: {trial.name}")
        return observe(
            self._bench,
            name,
            trial,
            image.run_config,
            ready=self._config.ready_timeout,
            earlier=earlier[0] if earlier else None,
        )


def compare(name: str, before: Sequence[Observation], after: Observation) -> TrialReport:
    """Compare one run of after with two or more of before; what before's runs do not agree on is masked."""
    held = set(before[0].problems).union(*(run.problems for run in before))
    comparisons = tuple(_facets(before, after))
    return TrialReport(
        name,
        comparisons,
        tuple(problem for problem in after.problems if problem not in held),
        _weakness(before, comparisons),
        after.log,
        before[0].seconds,
        after.seconds,
        before[0].uid,
        after.uid,
    )


def _facets(before: Sequence[Observation], after: Observation) -> list[Comparison]:
    how = {run.facets.get("run") for run in before}
    if len(how) == 1 and after.facets.get("run") not in how:
        said = f": {after.log}" if after.log else ""
        evidence = f"before it {before[0].facets.get('run')}, after it {after.facets.get('run')}{said}"
        return [Comparison("run", False, evidence, _NOTHING_MASKED)]
    names = dict.fromkeys(name for run in (*before, after) for name in run.facets)
    return [_facet(name, [run.facets.get(name) for run in before], after.facets.get(name)) for name in names]


def _facet(name: str, before: Sequence[str | None], after: str | None) -> Comparison:
    samples = [value for value in before if value is not None]
    if not samples:
        return Comparison(name, False, f"only after has it: {_short(after or '')}", _NOTHING_MASKED)
    if len(samples) < len(before):
        return Comparison(name, True, "not in every run of before", Masking(1, 0, 1))
    if after is None:
        return Comparison(name, False, f"missing after; before: {_short(samples[0])}", _NOTHING_MASKED)
    if name in ("stdout", "stderr"):
        samples, after = [_without_chatter(sample) for sample in samples], _without_chatter(after)
    mask = Mask.of(samples)
    problem = mask.mismatch(after)
    return Comparison(name, problem is None, problem or _short(after), mask.masking)


def _without_chatter(text: str) -> str:
    """A text without the lines that a tool prints about itself, now and then."""
    starts = tuple(start for row in load("nondeterminism")["line"] for start in row["starts"])
    return "".join(line for line in text.splitlines(keepends=True) if not line.startswith(starts))


def _weakness(before: Sequence[Observation], comparisons: Sequence[Comparison]) -> str:
    if len({run.facets.get("run") for run in before}) > 1:
        return "before behaves differently from run to run"
    for run in before:
        if run.weak:
            return run.weak
        if run.problems:
            return f"fails before, too: {run.problems[0]}"
    telling = [c for c in comparisons if c.facet.endswith((" body", "stdout", "stderr")) and c.masking.lines]
    if telling and all(c.masking.blind for c in telling):
        return "everything it says changes from run to run"
    return ""


def _short(text: str) -> str:
    lines = text.strip().splitlines()
    if len(lines) == 1 and len(lines[0]) <= 80:
        return lines[0]
    return f"{len(text.encode())} bytes in {len(lines)} lines" if text else "empty"
