"""Dependency installs: which commands need only manifests, which need nothing of the context, which need the
sources; and which files of the context those manifests are."""

from jettison.installs.command import SYSTEM, Needs, needs
from jettison.installs.manifests import Reads, resolve

__all__ = ["SYSTEM", "Needs", "Reads", "needs", "resolve"]
