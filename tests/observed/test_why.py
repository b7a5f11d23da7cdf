"""Why steps of real builds ran: the recorded pairs of builds of tests/cache, as records of builds."""

from __future__ import annotations

import dataclasses

import pytest
from tests.cache.case import Case, Side, load
from tests.cache.test_explain import SINGLE, is_right

from jettison.build import BuildRecord, Step
from jettison.errors import CannotRun
from jettison.observed import ObservedBuild, read_cache
from jettison.observed.why import explain_builds, explain_cache

LOCAL = [case for case in SINGLE if case.cache == "local" and not case.before.links]


def observed(side: Side, cached: dict[str, bool] | None = None, seconds: float = 2.0) -> ObservedBuild:
    """A record of one side of a case; `cached` is by line, with LINK for the second half of a COPY --link."""
    steps = []
    for label, flag in (cached or {}).items():
        line, _, half = label.partition(" ")
        steps.append(Step(f"[s 1/1] {half and 'LINK '}RUN x", "s", (int(line),), seconds, flag))
    ignore = side.files.get(".dockerignore")
    return ObservedBuild(
        BuildRecord(True, 1.0, tuple(steps)),
        "jettison build",
        "2026-11-28T20:01:49.5Z",
        dockerfile=side.dockerfile.encode(),
        ignore=ignore[1].encode() if ignore else None,
        tree=side.tree,
        args=side.args,
        options={
            name: tuple(o.partition("=")[2] for o in side.options if o.startswith(f"--{name}="))
            for name in ("add-host", "ulimit")
        },
    )


def pair(case: Case) -> tuple[ObservedBuild, ObservedBuild]:
    return observed(case.before), observed(case.after, dict(case.cached))


def test_the_first_step_and_its_cause():
    assert len(LOCAL) >= 150
    wrong = [case.name for case in LOCAL if not is_right(case, explain_builds(*pair(case)).misses)]
    assert len(wrong) <= len(LOCAL) / 20, wrong


def named(name: str) -> Case:
    return next(case for case in load("table.json") if case.name == name)


def test_seconds_are_those_of_the_build():
    found = explain_builds(*pair(named("bytes of a copied file")))
    assert found.seconds == (0.0, 2.0, 2.0, 2.0)


def test_what_the_builder_saw_counts_more_than_the_model():
    case = named("bytes of a copied file")
    old, new = pair(case)
    steps = tuple(dataclasses.replace(step, cached=True) for step in new.record.steps)
    new = dataclasses.replace(new, record=dataclasses.replace(new.record, steps=steps))
    assert explain_builds(old, new).misses == ()


def test_without_a_list_of_files_it_says_that_it_cannot_name_them():
    old, new = (dataclasses.replace(build, tree=None) for build in pair(named("bytes of a copied file")))
    (miss,) = explain_builds(old, new).misses
    assert miss.step.lines == (3,)
    assert miss.causes[0].kind == "files"
    assert "jettison build" in miss.causes[0].fix


def test_no_cache_was_asked_for():
    old, new = pair(named("bytes of a copied file"))
    (miss,) = explain_builds(old, dataclasses.replace(new, options={"no-cache": ("true",)})).misses
    assert miss.causes[0].kind == "no cache"


def test_a_cache_that_was_emptied():
    old, new = pair(named("nothing changed"))
    steps = tuple(dataclasses.replace(step, cached=False) for step in new.record.steps)
    (miss,) = explain_builds(old, dataclasses.replace(new, record=BuildRecord(True, 1.0, steps))).misses
    assert [cause.kind for cause in miss.causes] == ["not there"]


@pytest.mark.parametrize(
    ("change", "message"),
    [({"record": BuildRecord(False, 1.0)}, "failed"), ({"dockerfile": None}, "Dockerfile .* is not known")],
)
def test_what_cannot_be_explained(change, message):
    old, new = pair(named("nothing changed"))
    with pytest.raises(CannotRun, match=message):
        explain_builds(old, dataclasses.replace(new, **change))


def test_a_cache_of_mode_min_has_not_what_one_of_mode_max_has(build, records):
    everything = explain_cache(read_cache(str(records / "cache-max")), build)
    little = explain_cache(read_cache(str(records / "cache-min")), build)
    assert "not exported" not in {cause.kind for miss in everything.misses for cause in miss.causes}
    assert "not exported" in {cause.kind for miss in little.misses for cause in miss.causes}


def test_a_build_whose_keys_are_not_known(build, records):
    with pytest.raises(CannotRun, match="told no keys"):
        explain_cache(read_cache(str(records / "cache-max")), dataclasses.replace(build, keys={}))
