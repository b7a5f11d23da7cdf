"""From the command line to a proof: the engine, the request, and what a result means for the exit code."""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import TYPE_CHECKING

from jettison.cli.building import Builder
from jettison.cli.console import Console
from jettison.cli.sources import configuration
from jettison.errors import CannotRun, ProofFailed
from jettison.proof import Candidate, Change, Proof, Request, Result, change_of, prove
from jettison.rewrite import APPLIED_WITH_PROOF, Rewrite, rewrite

if TYPE_CHECKING:
    from jettison.project import Project
    from jettison.rules import Rule

OVER_BUDGET = 1


def prove_rewrite(
    console: Console, project: Project, made: Rewrite, rules: tuple[Rule, ...], builder: Builder
) -> tuple[Proof, Rewrite]:
    """Prove the changes of a rewrite; the proof, and the rewrite with the changes that it kept.

    Raises CannotRun without an engine, and when the Dockerfile does not build as it is.
    """

    def candidate_for(ids: Collection[str]) -> Candidate | None:
        some = rewrite(project, rules, levels=APPLIED_WITH_PROOF, only=ids)
        if {change.id for change in some.changes} != set(ids):
            return None
        return Candidate(some.after.dockerfile.source, dict(some.after.files), "after")

    before = Candidate(project.dockerfile.source, label="before")
    changes = tuple(change_of(change) for change in made.changes)
    proof = prove_candidates(console, project, before, changes, candidate_for, builder)
    kept = frozenset(change.id for change in proof.kept)
    return proof, rewrite(project, rules, levels=APPLIED_WITH_PROOF, only=kept)


def prove_candidates(
    console: Console,
    project: Project,
    before: Candidate,
    changes: tuple[Change, ...],
    candidate_for: Callable[[Collection[str]], Candidate | None],
    builder: Builder,
) -> Proof:
    """Build before and after, with progress on standard error. Raises CannotRun as `prove_rewrite` does."""
    from jettison.build import Engine
    from jettison.cli.progress import Progress
    from jettison.config import Config

    engine = Engine.find()
    request = Request(
        project.root,
        before,
        changes,
        candidate_for,
        dockerfile=project.file,
        target=project.target or "",
        build_args=project.build_args,
        secrets=builder.secrets,
        ssh=builder.ssh,
        config=configuration(project.root) or Config(),
        quick=builder.quick,
    )
    with Progress(console) as progress:
        return prove(engine, request, progress.step, progress.event)


def exit_code_of(proof: Proof) -> int:
    """0 proved, 1 proved but over a budget, 2 neither way, 3 something does not hold."""
    if proof.dropped or proof.verdict.result is Result.FAILED:
        return ProofFailed.exit_code
    if proof.verdict.result is Result.INCONCLUSIVE:
        return CannotRun.exit_code
    return OVER_BUDGET if proof.over_budget or proof.over_time else 0
