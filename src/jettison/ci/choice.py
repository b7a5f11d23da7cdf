"""Where the cache goes and how much of it, with the reason."""

from __future__ import annotations

from typing import NamedTuple

from jettison.ci.needs import Needs
from jettison.facts import load
from jettison.findings import Basis

BACKENDS = ("registry", "gha", "local")
MODES = ("min", "max")


class Measured(NamedTuple):
    """What both exports of one build's cache cost: bytes, and seconds that the export took."""

    min_bytes: int
    max_bytes: int
    min_seconds: float
    max_seconds: float
    lost_seconds: float
    """What the steps took that mode=min does not keep."""


class Choice(NamedTuple):
    """A backend and a mode. `why_*` are sentences without a full stop; `basis` is that of the mode."""

    backend: str
    mode: str
    why_backend: str
    why_mode: str
    basis: Basis


def choose(
    provider: str,
    needs: Needs,
    *,
    backend: str = "",
    mode: str = "",
    recorded: float | None = None,
    pushes: bool = False,
    builds: int = 1,
    measured: Measured | None = None,
) -> Choice:
    """The cache of one image. `backend` and `mode` are what the user asks for; `pushes` says that the
    pipeline pushes to a registry anyway, `builds` how many caches (targets times platforms) it writes;
    `recorded` is that of `choose_mode`."""
    chosen, why, basis = choose_mode(needs, mode, measured, recorded)
    place, reason = _backend(provider, backend, pushes, builds, chosen, measured)
    return Choice(place, chosen, reason, why, basis)


def choose_mode(
    needs: Needs,
    asked: str = "",
    measured: Measured | None = None,
    recorded: float | None = None,
) -> tuple[str, str, Basis]:
    """`min` or `max`, why, and what the answer rests on.

    `recorded` is what the steps that mode=min does not keep took in recorded builds, in seconds.
    """
    if asked:
        return asked, "asked for", Basis.RULE_OF_THUMB
    if not needs.lost:
        return "min", "every RUN is in a layer of the image, so mode=max keeps no more steps", Basis.MODELLED
    names = ", ".join(needs.lost)
    if measured is None and recorded is not None:
        if recorded < load("ci")["choice"]["least_seconds"]:
            why = f"the steps of {names} took {recorded:.1f} s, and keeping them would save nothing"
            return "min", why, Basis.MEASURED
        why = f"mode=min would not keep the steps of {names}, which took {recorded:.1f} s"
        return "max", why, Basis.MEASURED
    if measured is None:
        return "max", f"mode=min would not keep the steps of {names}", Basis.RULE_OF_THUMB
    more = measured.max_seconds - measured.min_seconds
    figures = (
        f"the steps of {names} took {measured.lost_seconds:.1f} s, keeping them takes {more:.1f} s "
        f"and {(measured.max_bytes - measured.min_bytes) / 1e6:.1f} MB more"
    )
    return ("max" if measured.lost_seconds > more else "min"), figures, Basis.MEASURED


def _backend(
    provider: str, asked: str, pushes: bool, builds: int, mode: str, measured: Measured | None
) -> tuple[str, str]:
    if asked:
        return asked, "asked for"
    if provider == "gitlab":
        return "registry", "the project's own registry takes the job's token"
    if provider == "buildx":
        return "registry", "it is there for every machine"
    facts = load("ci")
    kept = facts["backends"]["gha"]["kept"]
    if pushes:
        return "registry", "the image is pushed to one anyway, and it has no limit of 10 GB for all branches"
    if measured is not None:
        bytes = builds * (measured.max_bytes if mode == "max" else measured.min_bytes)
        share = f"{bytes / 1e6:.0f} MB of the {kept / 1e9:.0f} GB that a repository may keep"
        if bytes > facts["choice"]["share"] * kept:
            return "registry", f"it would take {share}"
        return "gha", f"no login is needed, and it takes {share}"
    return "gha", f"no login is needed; all caches of the repository share {kept / 1e9:.0f} GB"
