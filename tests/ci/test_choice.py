"""Where the cache goes and how much of it, and that the reason is told."""

from __future__ import annotations

import pytest
from tests.ci.conftest import MOUNTS, SECRET, SINGLE, STAGES

from jettison.ci.choice import Measured, choose
from jettison.ci.needs import Needs, lost_seconds, needs_of
from jettison.findings import Basis
from jettison.project import Project

LOST = Needs(lost=("build",))


def project(text, **more):
    return Project(text.encode(), **more)


@pytest.mark.parametrize(
    ("text", "target", "lost"),
    [
        (SINGLE, None, ()),
        (STAGES, None, ("build",)),
        (STAGES, "build", ()),
        ("FROM a AS base\nRUN x\nFROM base\nRUN y\n", None, ()),
        ("FROM a\nRUN x\nFROM b\nCOPY --from=0 /x /x\n", None, ("stage 0",)),
        ("FROM a AS tool\nFROM b\nCOPY --from=tool /x /x\n", None, ()),
        ("FROM a AS unused\nRUN x\nFROM b\nRUN y\n", None, ()),
        ("", None, ()),
    ],
)
def test_the_stages_that_mode_min_loses(tmp_path, text, target, lost):
    assert needs_of(project(text, root=tmp_path, target=target)).lost == lost


def test_the_mode_by_rule():
    assert choose("github", Needs()).mode == "min"
    found = choose("github", LOST)
    assert (found.mode, found.basis) == ("max", Basis.RULE_OF_THUMB)
    assert "build" in found.why_mode
    assert choose("github", LOST, mode="min").why_mode == "asked for"


def test_the_mode_by_measure():
    dear = Measured(1_000_000, 4_000_000, 1.0, 3.0, 30.0)
    found = choose("github", LOST, measured=dear)
    assert (found.mode, found.basis) == ("max", Basis.MEASURED)
    assert found.why_mode == "the steps of build took 30.0 s, keeping them takes 2.0 s and 3.0 MB more"
    assert choose("github", LOST, measured=dear._replace(lost_seconds=1.5)).mode == "min"


def test_the_mode_by_a_recorded_build(tmp_path):
    found = choose("github", LOST, recorded=12.0)
    assert (found.mode, found.basis) == ("max", Basis.MEASURED)
    assert found.why_mode.endswith("which took 12.0 s")
    assert choose("github", LOST, recorded=0.4).mode == "min"
    known = {"RUN go mod download": 3.0, "RUN go build -o /app .": 4.0, "COPY . .": 0.5}
    assert lost_seconds(project(STAGES, root=tmp_path), known) == 7.5
    assert lost_seconds(project(STAGES, root=tmp_path), {"COPY . .": 0.5}) is None
    assert lost_seconds(project(SINGLE, root=tmp_path), known) == 0


def test_the_backend():
    assert choose("github", LOST).backend == "gha"
    assert choose("github", LOST, pushes=True).backend == "registry"
    assert choose("gitlab", LOST).backend == "registry"
    assert choose("github", LOST, backend="gha", pushes=True).why_backend == "asked for"
    big = Measured(1_000_000, 2_000_000_000, 1.0, 3.0, 30.0)
    assert choose("github", LOST, measured=big).backend == "gha"
    found = choose("github", LOST, measured=big, builds=2)
    assert found.backend == "registry"
    assert "4000 MB of the 10 GB" in found.why_backend


def test_cache_mounts(tmp_path):
    (tmp_path / "src").mkdir()
    found = needs_of(project(MOUNTS, root=tmp_path)).mounts
    assert [(each.id, each.pays) for each in found] == [("/root/.cache/go-build", True)]
    early = "FROM a\nCOPY go.mod ./\nRUN --mount=type=cache,target=/c,id=one,uid=7 x\nCOPY src /src\n"
    (one,) = needs_of(project(early, root=tmp_path)).mounts
    assert (one.id, one.target, one.uid, one.pays, one.line) == ("one", "/c", "7", False, 3)
    bound = "FROM a\nRUN --mount=type=bind,source=src,target=/s --mount=type=cache,target=/c x\n"
    assert needs_of(project(bound, root=tmp_path)).mounts[0].pays
    odd = "FROM a\nARG T\nRUN --mount=type=cache,target=/c,id=x-$T x\n"
    assert needs_of(project(odd, root=tmp_path)).unknown_mounts == (3,)


def test_secrets_agents_and_modes(tmp_path):
    assert needs_of(project(SECRET, root=tmp_path)).secrets == ("pip-conf",)
    text = "FROM a\nRUN --mount=type=secret,target=/run/x.txt --mount=type=ssh x\nCOPY . .\n"
    found = needs_of(project(text, root=tmp_path))
    assert (found.secrets, found.ssh) == (("x.txt",), ("default",))
    (tmp_path / "a").touch()
    (tmp_path / "a").chmod(0o664)
    (tmp_path / "b").touch()
    (tmp_path / "b").chmod(0o644)
    assert needs_of(project(text, root=tmp_path)).group_writable == 1
