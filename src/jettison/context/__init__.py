"""The build context: Docker's ignore rules, the walk, and the ecosystems found in it."""

from __future__ import annotations

from jettison.context.context import Context, LeftOut, read_context
from jettison.context.ecosystems import Ecosystem, Found, ecosystems, find_ecosystems
from jettison.context.edits import code_edit, dependency_edit
from jettison.context.ignore import IgnoreFile, IgnoreLine, IgnoreProblem
from jettison.context.junk import Junk, find_junk
from jettison.context.walk import ContextFile, Problem

__all__ = [
    "Context",
    "ContextFile",
    "Ecosystem",
    "Found",
    "IgnoreFile",
    "IgnoreLine",
    "IgnoreProblem",
    "Junk",
    "LeftOut",
    "Problem",
    "code_edit",
    "dependency_edit",
    "ecosystems",
    "find_ecosystems",
    "find_junk",
    "read_context",
]
