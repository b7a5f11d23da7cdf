"""Where a static program goes: to scratch when it reads nothing of a system, else to distroless static.

Distroless static has certificates, time zones, users and /tmp; scratch has nothing. Docker itself provides
/etc/hosts, /etc/resolv.conf and a PATH in both.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, NamedTuple

from jettison.facts import load
from jettison.stages import Refusal

if TYPE_CHECKING:
    from jettison.project import Project
    from jettison.stages.linking import Built
    from jettison.stages.opened import Sources


class Place(NamedTuple):
    """An image, about how many MB it has, and why it is this one."""

    image: str
    megabytes: int
    why: str


def bare(project: Project, built: Built, sources: Sources, musl: bool) -> Place:
    """The image for a static program; raises Refusal when its C library loads others all the same."""
    facts = load("static")
    if built.language == "c" and not musl:
        call = next((call for call in facts["loads"] if call in sources.text), "")
        if call:
            raise Refusal(
                f"its sources call {call.rstrip('(')}, for which even a static glibc loads libraries"
            )
    reads = next((name for name in facts["reads"][built.language] if name in sources.text), "")
    if built.language == "rust" and not reads:
        lock = project.context.read("Cargo.lock", 8_000_000).decode("utf-8", "replace")
        crates = set(re.findall(r'^name = "([^"]+)"', lock, re.M))
        reads = next((name for name in facts["crates"] if name in crates), "")
    if reads:
        return Place(facts["image"], 2, f"distroless static: it is static, and {reads} may read the system")
    return Place("scratch", 0, "scratch: it is static and reads nothing of a system")
