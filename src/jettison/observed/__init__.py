"""What was seen of builds: those that `jettison build` recorded, those in the builder's history, and what a
cache that was exported holds."""

from __future__ import annotations

from jettison.observed.call import BuildCall, read_call
from jettison.observed.compare import Found, steps_in
from jettison.observed.exported import CacheLink, CacheRecord, ExportedCache, read_cache
from jettison.observed.history import observed_builds
from jettison.observed.kept import keep_build, kept_builds, read_build
from jettison.observed.record import ObservedBuild

__all__ = [
    "BuildCall",
    "CacheLink",
    "CacheRecord",
    "ExportedCache",
    "Found",
    "ObservedBuild",
    "keep_build",
    "kept_builds",
    "observed_builds",
    "read_build",
    "read_cache",
    "read_call",
    "steps_in",
]
