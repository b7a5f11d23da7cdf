"""The same things done with both Dockerfiles, and how long they took: before and after in turn."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from statistics import median

from jettison.build import BuildRecord
from jettison.context import Context, code_edit, dependency_edit
from jettison.errors import CannotRun
from jettison.proof.builds import Builds
from jettison.proof.staging import Staged

TITLES = {
    "cold": "cold build",
    "unchanged": "rebuild, nothing changed",
    "code-edit": "rebuild after a code edit",
    "dependency-edit": "rebuild after a dependency edit",
    "ci": "cold CI, no cache",
    "ci-cache": "cold CI, registry cache",
    "ci-cache-edit": "cold CI, registry cache, after a code edit",
}
_UNKNOWN = {
    "code-edit": "no source file is known ([proof] code-edit names one)",
    "dependency-edit": "no dependency manifest is known ([proof] dependency-edit names one)",
}
MakeEdit = Callable[[Context, str], tuple[str, bytes] | None]
_CHEAP = 10.0
"""Seconds of both builds together up to which they are repeated at once."""


@dataclass(frozen=True, slots=True)
class Timing:
    """Seconds that both Dockerfiles took in one scenario, run by run: wall clock of the builder's command."""

    name: str
    before: tuple[float, ...] = ()
    after: tuple[float, ...] = ()
    steps: tuple[int, int] = (0, 0)
    """How many steps were not cached, before and after, in the last run."""
    note: str = ""
    missing: str = ""
    """Why it could not be measured; empty when it was."""
    broken: str = ""
    """The builder's message when before builds here and after does not."""
    records: tuple[BuildRecord, ...] = ()
    """The last build of before and that of after, with their steps; empty where nobody keeps them."""

    @property
    def title(self) -> str:
        """In words."""
        return TITLES[self.name]

    @property
    def medians(self) -> tuple[float, float] | None:
        """Medians before and after; None when it was not measured."""
        return (median(self.before), median(self.after)) if self.before and self.after else None

    @property
    def factor(self) -> float | None:
        """How many times faster after is."""
        both = self.medians
        return both[0] / both[1] if both and both[1] > 0 else None


@dataclass(slots=True)
class Race:
    """Both sides of a proof with their warm caches, ready to be timed."""

    builds: Builds
    before: Staged
    after: Staged
    salts: tuple[str, str]
    """Under which before and after were built cold, and are warm now."""
    cold: tuple[list[float], list[float]]
    """Seconds of the cold builds made so far."""
    repeats: int
    deadline: float
    """time.monotonic() after which nothing is repeated."""
    cold_records: tuple[BuildRecord, ...] = ()
    """The first cold build of each."""

    def run(self, names: tuple[str, ...]) -> tuple[Timing, ...]:
        """Time these scenarios, in the order in which they do not disturb each other."""
        made: dict[str, Timing] = {}
        for name, measure in _ORDER.items():
            if name in names:
                try:
                    made[name] = measure(self)
                except CannotRun as problem:
                    made[name] = Timing(name, missing=problem.message)
        return tuple(made[name] for name in TITLES if name in made)

    def sides(self) -> tuple[tuple[str, Staged, str], ...]:
        """Name, folder and salt of before and after."""
        return (("before", self.before, self.salts[0]), ("after", self.after, self.salts[1]))


def planned_steps(names: tuple[str, ...], repeats: int) -> int:
    """About how many steps `run` announces."""
    each = {
        "unchanged": 2 * repeats,
        "code-edit": 2 * repeats,
        "dependency-edit": 2,
        "ci-cache": 4,
        "ci-cache-edit": 2,
    }
    return sum(each.get(name, 0) for name in names)


def _unchanged(race: Race) -> Timing:
    return _repeated(race, "unchanged", lambda number: None)


def _code_edit(race: Race) -> Timing:
    return _edited(race, "code-edit", race.builds.request.config.code_edit, code_edit)


def _dependency_edit(race: Race) -> Timing:
    return _edited(race, "dependency-edit", race.builds.request.config.dependency_edit, dependency_edit)


def _edited(race: Race, name: str, path: str, make: MakeEdit) -> Timing:
    if reason := race.before.in_place or race.after.in_place:
        return Timing(name, missing=f"files cannot be edited: {reason}")
    chosen = ""

    def edit(number: int) -> None:
        nonlocal chosen
        chosen = _edit(race, path, make, number) or ""
        if not chosen:
            raise CannotRun(f"{path} is not sent to the builder" if path else _UNKNOWN[name])

    timing = _repeated(race, name, edit)
    return timing if timing.missing else replace(timing, note=f"a line added to {chosen}")


def _edit(race: Race, path: str, make: MakeEdit, number: int) -> str | None:
    """Make one edit in both copies; the file that was edited, None when there is none to edit."""
    if path:
        file = race.after.folder / path
        made = (path, file.read_bytes() + b"\n") if file.is_file() else None
    else:
        made = make(race.after.context(), f"{race.builds.bench.nonce}-{number}")
    if made is None:
        return None
    for _, staged, _ in race.sides():
        if (staged.folder / made[0]).is_file():
            staged.write(*made)
    return made[0]


def _repeated(race: Race, name: str, prepare: Callable[[int], None]) -> Timing:
    """Build before and after in turn, again while it is cheap and there is time."""
    times: dict[str, list[float]] = {"before": [], "after": []}
    records: list[BuildRecord] = []
    for number in range(race.repeats):
        if number and not _again(race, times, _CHEAP):
            break
        prepare(number)
        built = []
        for side, staged, salt in race.sides():
            record = _timed(race, name, f"{side}-{number}", staged, salt)
            if not record.ok:
                return _failed(name, side, record)
            times[side].append(record.seconds)
            built.append(record)
        records = built
    steps = (_work(records[0]), _work(records[1])) if records else (0, 0)
    return Timing(name, tuple(times["before"]), tuple(times["after"]), steps, records=tuple(records))


def _again(race: Race, times: dict[str, list[float]], most: float) -> bool:
    cost = times["before"][-1] + times["after"][-1]
    return cost <= most and time.monotonic() + cost <= race.deadline


def _timed(
    race: Race, name: str, side: str, staged: Staged, salt: str, *, cold: bool = False, cache_from: str = ""
) -> BuildRecord:
    what = f"{TITLES[name]}: {side.partition('-')[0]}"
    return race.builds.build(staged, f"{name}-{side}", salt, what, cold=cold, cache_from=cache_from)


def _cold(race: Race) -> Timing:
    """The cold builds made anyway, and further ones while there is time."""
    number = 1
    while len(race.cold[1]) < race.repeats:
        number += 1
        if time.monotonic() + race.cold[0][-1] + race.cold[1][-1] > race.deadline:
            break
        for index, (side, staged, _) in enumerate(race.sides()):
            if len(race.cold[index]) >= number:
                continue
            again = f"{side}-{number}"
            record = _timed(race, "cold", again, staged, f"cold-{again}", cold=True)
            if not record.ok:
                return _failed("cold", side, record)
            race.cold[index].append(record.seconds)
    return Timing("cold", tuple(race.cold[0]), tuple(race.cold[1]), records=race.cold_records)


def _ci(race: Race) -> Timing:
    return Timing("ci", tuple(race.cold[0]), tuple(race.cold[1]), note="the same builds as cold")


def _ci_cache(race: Race) -> Timing:
    """Caches are written from what is warm; then, with our images and records gone, both build from them."""
    return _from_cache(race, "ci-cache", None)


def _ci_cache_edit(race: Race) -> Timing:
    """As `ci-cache`, with a code edit that the cache does not know."""
    if reason := race.before.in_place or race.after.in_place:
        return Timing("ci-cache-edit", missing=f"files cannot be edited: {reason}")
    return _from_cache(race, "ci-cache-edit", lambda: _edit(race, "", code_edit, 1000))


def _from_cache(race: Race, name: str, prepare: Callable[[], str | None] | None) -> Timing:
    bench = race.builds.bench
    caches = {}
    for side, staged, salt in race.sides():
        caches[side], target = bench.cache_to(f"{name}-{side}")
        record = race.builds.build(staged, "", salt, f"write the CI cache: {side}", cache_to=target)
        if not record.ok:
            return Timing(name, missing=f"the engine cannot write a cache: {_last_line(record.error)}")
    if prepare and prepare() is None:
        return Timing(name, missing=_UNKNOWN["code-edit"])
    race.builds.drop_images()
    if not bench.forget():
        return Timing(
            name,
            missing="removing our own build cache would cost your other builds theirs on this engine; "
            "JETTISON_PRUNE=always measures it",
        )
    times: dict[str, float] = {}
    for side, staged, salt in race.sides():
        record = _timed(race, name, side, staged, salt, cache_from=caches[side])
        if not record.ok:
            return _failed(name, side, record)
        times[side] = record.seconds
    return Timing(name, (times["before"],), (times["after"],), note=f"mode=max, {bench.cache_place}")


def _failed(name: str, side: str, record: BuildRecord) -> Timing:
    if side == "before":
        return Timing(name, missing=f"before does not build here: {_last_line(record.error)}")
    return Timing(name, missing="after does not build here", broken=record.error)


def _work(record: BuildRecord) -> int:
    return len(record.steps) - record.cached


def _last_line(text: str) -> str:
    return next((line.strip() for line in reversed(text.splitlines()) if line.strip()), "it gave no reason")


_ORDER: dict[str, Callable[[Race], Timing]] = {
    "unchanged": _unchanged,
    "code-edit": _code_edit,
    "dependency-edit": _dependency_edit,
    "cold": _cold,
    "ci": _ci,
    "ci-cache": _ci_cache,
    "ci-cache-edit": _ci_cache_edit,
}
