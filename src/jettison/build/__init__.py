"""The engine: builds through `docker buildx`, what each build took, and everything it leaves behind removed."""

from __future__ import annotations

from jettison.build.container import Container
from jettison.build.engine import Engine, Features
from jettison.build.record import BuildRecord, Step
from jettison.build.request import BuildRequest, Secret
from jettison.build.workbench import Leftovers, Workbench

__all__ = [
    "BuildRecord",
    "BuildRequest",
    "Container",
    "Engine",
    "Features",
    "Leftovers",
    "Secret",
    "Step",
    "Workbench",
]
