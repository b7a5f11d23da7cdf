"""The proof: build before and after, measure both, and show that nothing else changed."""

from __future__ import annotations

from jettison.proof.builds import Step
from jettison.proof.candidate import Candidate, CandidateFor, Change, Request, change_of
from jettison.proof.check import Check, Reason
from jettison.proof.document import to_json
from jettison.proof.prove import prove
from jettison.proof.scenarios import Timing
from jettison.proof.verdict import Dropped, Measured, Proof, Result, Verdict

__all__ = [
    "Candidate",
    "CandidateFor",
    "Change",
    "Check",
    "Dropped",
    "Measured",
    "Proof",
    "Reason",
    "Request",
    "Result",
    "Step",
    "Timing",
    "Verdict",
    "change_of",
    "prove",
    "to_json",
]
