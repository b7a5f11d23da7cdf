"""Replay: what a Dockerfile costs over the git history of its own project, without a build."""

from __future__ import annotations

from jettison.replay.value import SCENARIOS, Estimate, PricedStep, Replay

__all__ = ["SCENARIOS", "Estimate", "PricedStep", "Replay"]
