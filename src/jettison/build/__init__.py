"""The engine: builds by `docker buildx`, what each step of them took, and everything left behind removed."""

from __future__ import annotations

from jettison.build.container import Address, Container, State
from jettison.build.engine import Engine, Features
from jettison.build.rawjson import Event
from jettison.build.record import BuildRecord, Step
from jettison.build.request import BuildRequest, Secret
from jettison.build.usage import CacheRecord
from jettison.build.workbench import Leftovers, Workbench

__all__ = [
    "Address",
    "BuildRecord",
    "BuildRequest",
    "CacheRecord",
    "Container",
    "Engine",
    "Event",
    "Features",
    "Leftovers",
    "Secret",
    "State",
    "Step",
    "Workbench",
]
