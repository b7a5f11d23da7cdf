"""One candidate held against before: it builds, and nothing differs but what its changes may alter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from typing import NamedTuple

from jettison.build import BuildRecord
from jettison.errors import CannotRun
from jettison.image import Image, Tree, compare
from jettison.proof import inside
from jettison.proof.behaviour import Baseline, TrialReport
from jettison.proof.builds import Builds
from jettison.proof.candidate import Candidate, Change
from jettison.proof.filesystem import TreeReport, explain
from jettison.proof.imageconfig import ConfigDifference, compare_config
from jettison.proof.owned import Books
from jettison.proof.staging import Staged, stage, written
from jettison.proof.structure import Outcome, load_tests, run_tests

_SHOWN = 10
"""Pieces of evidence kept per reason."""


class Reason(NamedTuple):
    """Why a candidate is refused."""

    what: str
    evidence: tuple[str, ...]

    @property
    def line(self) -> str:
        """Both in one line."""
        return f"{self.what}: {self.evidence[0].strip().splitlines()[0]}" if self.evidence else self.what


class StructureReport(NamedTuple):
    """One container-structure-test on both images; `problems` are those that only after has."""

    name: str
    problems: tuple[str, ...]
    weak: str = ""
    """Why it says nothing: not supported, or it fails before as well."""


@dataclass(frozen=True, slots=True)
class Check:
    """What became of one candidate; without `reasons` it holds."""

    staged: Staged
    record: BuildRecord
    name: str
    reasons: tuple[Reason, ...] = ()
    image: Image | None = None
    config: tuple[ConfigDifference, ...] = ()
    tree: TreeReport = field(default_factory=TreeReport)
    trials: tuple[TrialReport, ...] = ()
    structure: tuple[StructureReport, ...] = ()

    @property
    def weak(self) -> str:
        """Why agreement says little: the image differs and nothing that ran would notice. Empty if strong."""
        weak = [*(trial.weak for trial in self.trials), *(test.weak for test in self.structure)]
        if not (self.tree.explained or self.config) or not all(weak):
            return ""
        return weak[0] if weak else "nothing was run"


class Checker:
    """Before, built and run once, for any number of candidates to be held against."""

    def __init__(self, builds: Builds) -> None:
        """Raises CannotRun with the builder's own message when before does not build."""
        self._builds, self._request = builds, builds.request
        self.before = stage(self._request, self._request.before, builds.bench.folder("before"))
        self.record = builds.build(self.before, "before", "before", "build before, cold", cold=True)
        if not self.record.ok:
            raise CannotRun(
                f"the build fails before any change:\n{self.record.error}", "mend the build first, then prove"
            )
        self.image = self._read("before")
        self.cold_seconds = [self.record.seconds]
        config = self._request.config
        self._tests = [t for p in config.structure_tests for t in load_tests(self._request.context / p)]
        self._structure = self._run_tests("before", self.image)
        self._baseline = Baseline(builds.bench, config, "before", self.image, builds.step)
        self._noise: list[tuple[Tree, Tree]] = []
        self._books = Books(self.image.tree(), partial(inside.read_folder, builds.bench))

    def check(
        self,
        candidate: Candidate,
        changes: Sequence[Change],
        name: str,
        salt: str,
        *,
        cold: bool,
        thorough: bool,
    ) -> Check:
        """Build a candidate, compare image and behaviour. Without `thorough` the first reason ends it."""
        builds = self._builds
        staged = stage(self._request, candidate, builds.bench.folder(name))
        what = "build after, cold" if cold else f"build with {', '.join(change.id for change in changes)}"
        record = builds.build(staged, name, salt, what, cold=cold)
        if not record.ok:
            return Check(staged, record, name, (Reason("it does not build", (record.error,)),))
        image = self._read(name)
        config, tree = self._compare(image, name, candidate, changes)
        reasons = [*_config_reasons(config), *_tree_reasons(tree)]
        if reasons and not thorough:
            return Check(staged, record, name, tuple(reasons), image, config, tree)
        trials = self._baseline.compare(name, image)
        structure = self._structure_reports(name, image)
        reasons += [*_trial_reasons(trials), *_structure_reasons(structure)]
        return Check(staged, record, name, tuple(reasons), image, config, tree, trials, structure)

    def _compare(
        self, image: Image, name: str, candidate: Candidate, changes: Sequence[Change]
    ) -> tuple[tuple[ConfigDifference, ...], TreeReport]:
        allows = [(change.id, change.allows) for change in changes]
        before, after = self.image.tree(), image.tree()
        differences = compare(before, after)
        files = written(self._request, candidate)
        gone = self._books.gone(after, name)

        def explained() -> TreeReport:
            noise = self._noise
            return explain(differences, before, after, allows=allows, noise=noise, written=files, gone=gone)

        tree = explained()
        if tree.unexplained and not self._noise:
            self._build_again()
            tree = explained()
        return compare_config(self.image, image, allows), tree

    def _build_again(self) -> None:
        """A second cold build of before, only made when a difference might be before's own."""
        what = "build before again, cold: does it differ by itself?"
        record = self._builds.build(self.before, "before-again", "before-again", what, cold=True)
        if record.ok:
            self.cold_seconds.append(record.seconds)
            self._noise.append((self.image.tree(), self._read("before-again").tree()))

    def _read(self, name: str) -> Image:
        self._builds.step(f"read the files of {name}")
        return self._builds.bench.image(name)

    def _run_tests(self, name: str, image: Image) -> tuple[Outcome, ...]:
        if not self._tests:
            return ()
        self._builds.step(f"structure tests on {name}")
        bench, timeout = self._builds.bench, self._request.config.ready_timeout
        with inside.reader(bench, name) as read:
            return tuple(run_tests(self._tests, bench, name, image, read, timeout))

    def _structure_reports(self, name: str, image: Image) -> tuple[StructureReport, ...]:
        reports = []
        for before, after in zip(self._structure, self._run_tests(name, image), strict=True):
            weak = after.skipped or (f"fails before, too: {before.problems[0]}" if before.problems else "")
            problems = tuple(p for p in after.problems if p not in before.problems)
            reports.append(StructureReport(after.test.name, problems, weak))
        return tuple(reports)


def _config_reasons(differences: Sequence[ConfigDifference]) -> list[Reason]:
    evidence = [
        f"{d.field}: {d.before or 'not set'} before, {d.after or 'not set'} after"
        for d in differences
        if not d.allowed_by
    ]
    return [Reason("the image config differs", tuple(evidence[:_SHOWN]))] if evidence else []


def _tree_reasons(tree: TreeReport) -> list[Reason]:
    if not tree.unexplained:
        return []
    files_first = sorted(tree.unexplained, key=lambda d: d.what == "directory")
    evidence = [f"{d.path} {d.kind}" + (f" ({d.what})" if d.what else "") for d in files_first]
    more = len(evidence) - _SHOWN
    shown = evidence[:_SHOWN] + ([f"and {more} more"] if more > 0 else [])
    return [Reason("files differ that no change may alter", tuple(shown))]


def _trial_reasons(trials: Sequence[TrialReport]) -> list[Reason]:
    reasons = []
    for trial in trials:
        evidence = [f"{c.facet}: {c.evidence}" for c in trial.comparisons if not c.equal]
        if evidence or trial.broken:
            what = f"it behaves differently ({trial.name})"
            reasons.append(Reason(what, tuple([*trial.broken, *evidence][:_SHOWN])))
    return reasons


def _structure_reasons(reports: Sequence[StructureReport]) -> list[Reason]:
    return [Reason(f"structure test {r.name!r} fails", r.problems[:_SHOWN]) for r in reports if r.problems]
