"""Why a step ran: the first one, and what made it, against what was changed between the two builds."""

from __future__ import annotations

import pytest
from tests.cache.case import Case, built, label, load, store

from jettison.cache.explain import Miss, explain

CASES = [*load("table.json"), *load("fuzz.json")]


def changed(case: Case) -> set[str]:
    """What differs between the two sides of a case."""
    found = {f"file {name}" for name in _differ(case.before.files, case.after.files)}
    found |= {f"arg {name}" for name in _differ(case.before.args, case.after.args)}
    if case.before.dockerfile != case.after.dockerfile:
        found.add("dockerfile")
    for other in ("options", "folders", "links"):
        if getattr(case.before, other) != getattr(case.after, other):
            found.add(other)
    return found


def _differ(old, new):
    return {name for name in {*old, *new} if old.get(name) != new.get(name)}


SINGLE = [case for case in CASES if len(changed(case)) == 1 and not all(case.cached.values())]
"""Cases of one change in which the engine ran a step."""


def first_missed(case: Case) -> set[str]:
    """The steps that the engine ran first: no step above them in their stage ran."""
    steps = built(case.after).steps
    ran = {i for i, step in enumerate(steps) if case.cached.get(label(step.name, step.lines)) is False}
    return {_line(steps[i]) for i in ran if not ran & set(steps[i].needs)}


def _line(step):
    """Without the half: the engine does not always tell of the copy that a COPY --link makes."""
    return label(step.name, step.lines).removesuffix(" LINK")


def is_right(case: Case, misses: tuple[Miss, ...]) -> bool:
    """The first steps are those that the engine ran first, and the cause is what was changed."""
    if {_line(miss.step) for miss in misses} != first_missed(case):
        return False
    return all(_names(case, miss) for miss in misses)


def _names(case: Case, miss: Miss) -> bool:
    (what,) = changed(case)
    causes = [cause for cause in miss.causes if cause.kind != "not exported"]
    kinds = {cause.kind for cause in causes}
    if len(causes) < len(miss.causes) and case.cache != "min":
        return False
    if not causes:
        return bool(miss.causes)
    kind, _, name = what.partition(" ")
    if kind == "file":
        if name == ".dockerignore" and kinds == {"files"}:
            return True
        return kinds == {"files"} and [c.details for c in causes] in ([(d,)] for d in _details(name))
    if kind == "arg":
        told = [text for cause in causes for text in (cause.message, *cause.details)]
        return any(name in text for text in told) or kinds <= {"dest", "text", "folder"}
    if kind == "dockerfile":
        return bool(kinds - {"not there", "not imported", "not exported"})
    return kinds <= {"option", "files"}


def _details(path: str) -> tuple[str, ...]:
    said = ("bytes", "added", "removed", "bytes and mode", "mode 644, now 664", "mode 664, now 644")
    return tuple(f"{path}: {each}" for each in (*said, "mode 644, now 755"))


def test_the_first_step_and_its_cause():
    assert len(SINGLE) >= 200
    wrong = []
    for case in SINGLE:
        misses = explain(built(case.before), built(case.after), store(case))
        if not is_right(case, misses):
            wrong.append(case.name)
    assert len(wrong) <= len(SINGLE) / 20, wrong


@pytest.mark.parametrize("cache", ["min", "max"])
def test_a_fresh_builder(cache):
    cases = [case for case in SINGLE if case.cache == cache]
    assert len(cases) >= 20
    wrong = [c.name for c in cases if not is_right(c, explain(built(c.before), built(c.after), store(c)))]
    assert len(wrong) <= len(cases) / 20, wrong
