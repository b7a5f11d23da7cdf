"""The digests of cache records, worked out from operations, against what BuildKit wrote."""

from __future__ import annotations

import json

import pytest

from jettison.observed import read_cache
from jettison.observed.keys import operation_key, parent_of


@pytest.fixture
def operations(records):
    return json.loads((records / "operations.json").read_text())


@pytest.fixture
def cached(records):
    return {record.digest for record in read_cache(str(records / "cache-max")).records}


def test_every_operation_of_a_real_build_has_its_record(operations, cached, build):
    names = {step.digest: step.name for step in build.record.steps}
    found = {names[digest]: operation_key(step) for digest, step in operations.items() if digest in names}
    steps = {name: key for name, key in found.items() if " FROM " not in name}
    assert len(steps) == 15
    assert {name for name, key in steps.items() if key not in cached} == set()
    assert len(set(steps.values())) == 15


def test_what_an_operation_changes(operations, build):
    by_line = {step.lines[0]: parent_of(operations[step.digest]) for step in build.record.steps}
    assert {line for line, number in by_line.items() if number is None} == {1}
    link = next(step for step in build.record.steps if step.name.startswith("[stage-2 2/5] COPY --link"))
    assert parent_of(operations[link.digest]) is None
    on_scratch = {"op": {"Op": {"exec": {"mounts": [{"dest": "/", "input": -1}]}}}, "inputs": ["step0:0"]}
    assert parent_of(on_scratch) is None
    assert parent_of({"op": {}}) is None


def run(**changes):
    meta = {"args": ["/bin/sh", "-c", "make"], "env": ["A=1"], "cwd": "/"}
    operation = {"meta": meta, "mounts": [{"dest": "/"}], **changes}
    return {"op": {"Op": {"exec": operation}, "platform": {"OS": "linux", "Architecture": "amd64"}}}


def cache_mount(**options):
    return run(mounts=[{"dest": "/"}, {"dest": "/c", "mountType": 3, "cacheOpt": options}])


def test_what_does_not_count():
    plain = operation_key(run())
    assert operation_key(run(mounts=[{"dest": "/", "selector": "/x"}])) == plain
    hosts = [{"Host": "a", "IP": "1.1.1.1"}]
    with_host = run()
    with_host["op"]["Op"]["exec"]["meta"]["extraHosts"] = hosts
    other = json.loads(json.dumps(with_host).replace("1.1.1.1", "2.2.2.2"))
    assert operation_key(with_host) == operation_key(other) != plain
    assert operation_key(cache_mount(ID="x")) == operation_key(cache_mount(ID="y", sharing=2))
    assert operation_key(cache_mount(ID="x")) != operation_key(cache_mount(ID="/c"))


def test_what_counts():
    assert len({operation_key(run()), operation_key(run(network=2)), operation_key(run(security=1))}) == 3


@pytest.mark.parametrize(
    "step",
    [
        {},
        {"op": None},
        {"op": {"Op": {}}},
        {"op": {"Op": {"exec": {}}}},
        {"op": {"Op": {"exec": {"meta": []}, "platform": {}}}},
        {"op": {"Op": {"file": {"actions": [{"Action": {}}]}}}},
        {"op": {"Op": {"file": {"actions": [{"Action": {"copy": 1}, "secondaryInput": "x"}]}}}},
        {"op": {"Op": {"source": {"identifier": "local://context"}}}},
    ],
)
def test_what_is_not_understood_has_no_key(step):
    assert operation_key(step) == ""
