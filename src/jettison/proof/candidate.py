"""What is proved: a Dockerfile as it is, the changes proposed for it, and how to combine them."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

from jettison.build import Secret
from jettison.config import Config
from jettison.findings import Allowance, Safety, Saving

if TYPE_CHECKING:
    from jettison import plan


@dataclass(frozen=True, slots=True)
class Candidate:
    """One Dockerfile to build, with `files` written over the context (path from its root to content).

    They are written in a copy: the user's folder stays as it is.
    """

    dockerfile: bytes
    files: Mapping[str, bytes] = field(default_factory=dict)
    label: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """One change that can be left out without the others; `allows` is what it may alter in the image."""

    id: str
    title: str
    rule: str = ""
    safety: Safety = Safety.PROVEN
    saving: Saving = field(default_factory=Saving)
    allows: Allowance = field(default_factory=Allowance)


def change_of(planned: plan.Change) -> Change:
    """The change that a rewrite applied, as the proof wants it."""
    fix, finding = planned.fix, planned.finding
    return Change(planned.id, fix.title, finding.rule, fix.safety, finding.saving, fix.allows)


CandidateFor = Callable[[Collection[str]], Candidate | None]
"""The candidate with the changes of these ids and no other; None when they cannot be applied together."""


@dataclass(frozen=True, slots=True)
class Request:
    """One proof: `changes` in the order they are applied; `candidate_for` gives all of them or some."""

    context: Path
    before: Candidate
    changes: tuple[Change, ...]
    candidate_for: CandidateFor
    dockerfile: Path | None = None
    """Where the Dockerfile lies: decides which ignore file holds and what `COPY .` sees. None: nowhere."""
    target: str = ""
    build_args: Mapping[str, str] = field(default_factory=dict)
    secrets: tuple[Secret, ...] = ()
    ssh: tuple[str, ...] = ()
    config: Config = field(default_factory=Config)
    quick: bool = False
    """Measure every scenario once, whatever the configuration says."""
