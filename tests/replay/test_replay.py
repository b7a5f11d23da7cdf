"""Replay over small histories, where what has to come out can be counted by hand."""

from __future__ import annotations

import pytest
from tests.cache.repository import commit, repository

from jettison.cache.gittree import read_history
from jettison.findings import Basis
from jettison.project import Project
from jettison.replay.costs import Measured, costs_of, text_of
from jettison.replay.pricing import price, variant_of
from jettison.replay.replay import estimate

EARLY = b"FROM node:22-slim\nWORKDIR /app\nCOPY . .\nRUN npm ci\n"
SPLIT = b"FROM node:22-slim\nWORKDIR /app\nCOPY package.json package-lock.json ./\nRUN npm ci\nCOPY . .\n"


@pytest.fixture
def root(tmp_path):
    made = repository(tmp_path / "app")
    manifests = {"package.json": "{}", "package-lock.json": "{}", ".dockerignore": ".git\n*.md\n"}
    commit(made, {**manifests, "index.js": "1", "README.md": "1"})
    commit(made, {"index.js": "2"})
    commit(made, {"README.md": "2"})
    commit(made, {"package-lock.json": "{ }"})
    commit(made, {"package-lock.json": "{}", "index.js": "1"})
    return made


def project(root, source):
    return Project(source, root=root)


def test_hits_of_every_step_in_every_scenario(root):
    early, split = price([project(root, EARLY), project(root, SPLIT)], read_history(root, 10))
    # rebuilds: index.js, README.md (ignored), the lock file, and back to the first state
    install = early.steps[3]
    assert install.name == "[4/4] RUN npm ci"
    assert install.hits == {"local": 0.5, "registry-max": 0.25, "registry-min": 0.25, "none": 0.0}
    install = split.steps[3]
    assert install.hits == {"local": 0.75, "registry-max": 0.5, "registry-min": 0.5, "none": 0.0}
    assert split.expected["local"].mean < early.expected["local"].mean
    assert early.expected["none"].mean == pytest.approx(split.expected["none"].mean, abs=0.2)
    assert len(early.history["local"]) == len(early.commits) - 1 == 4
    assert early.history["local"][1] == 0.0


def test_stages_side_by_side_take_the_longer_time(root):
    source = b"FROM a AS x\nRUN make\nFROM b AS y\nRUN make\nFROM c\nCOPY --from=x / /x\nCOPY --from=y / /y\n"
    (found,) = price([project(root, source)], read_history(root, 10))
    make = next(step.seconds for step in found.steps if "make" in step.name)
    copies = sum(step.seconds for step in found.steps if "COPY" in step.name)
    assert found.expected["none"].mean == pytest.approx(make + copies)


def test_commits_at_which_a_copy_finds_nothing_are_left_out(root):
    commit(root, {"late/x": "1"})
    commit(root, {"late/x": "2"})
    (found,) = price([project(root, b"FROM scratch\nCOPY late /\n")], read_history(root, 10))
    assert found.left_out == 5
    assert len(found.commits) == 2


def test_a_checkout_without_an_ignored_git_folder_changes_with_every_commit(root):
    commit(root, {".dockerignore": None})
    commit(root)
    commit(root)
    (found,) = price([project(root, b"FROM scratch\nCOPY . /\n")], read_history(root, 3))
    assert found.steps[0].hits["local"] == 0.0


def test_costs_come_from_builds_where_there_are_any(root):
    here = project(root, EARLY)
    steps = variant_of(here, read_history(root, 10)).steps
    table = costs_of(here, steps)
    assert {cost.basis for cost in table} == {Basis.RULE_OF_THUMB}
    known = {text_of(steps[3]): Measured(40.0)}
    costs = costs_of(here, steps, known)
    assert costs[3] == (40.0, 40.0, Basis.MEASURED)
    assert costs[2].basis is Basis.MODELLED
    assert costs[2].cold == pytest.approx(table[2].cold * 40.0 / table[3].cold)


def test_a_cache_mount_counts_on_a_builder_that_keeps_it_only(root):
    here = project(root, EARLY.replace(b"RUN", b"RUN --mount=type=cache,target=/root/.npm"))
    cost = costs_of(here, variant_of(here, read_history(root, 10)).steps)[3]
    assert cost.warm < cost.cold


def test_go_through_make_costs_what_go_costs(root):
    (root / "Makefile").write_text("all:\n\tgo build -o app\n")
    plain = project(root, b"FROM golang:1.27\nCOPY . .\nRUN make\n")
    mounts = b"--mount=type=cache,target=/go/pkg/mod --mount=type=cache,target=/root/.cache/go-build"
    mounted = project(root, b"FROM golang:1.27\nCOPY . .\nRUN " + mounts + b" make\n")
    one, two = (costs_of(p, variant_of(p, read_history(root, 10)).steps)[2] for p in (plain, mounted))
    assert one.cold == one.warm == two.cold
    assert two.warm < two.cold / 2


def test_an_estimate_holds_its_mean_and_is_always_the_same():
    values = [0.0] * 90 + [100.0] * 10
    found = estimate(values)
    assert found.low < found.mean == 10.0 < found.high
    assert found == estimate(values)
    assert estimate([]) == (0.0, 0.0, 0.0)
