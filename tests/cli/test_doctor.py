"""`jettison doctor`: it always ends well, and says what is missing and what that means."""

from __future__ import annotations

import pytest

from jettison.build import Engine, Features
from jettison.errors import CannotRun
from jettison.run import Completed


@pytest.fixture
def tools(monkeypatch: pytest.MonkeyPatch) -> dict[str, Completed]:
    """The tools that are installed, by name, and how a call of theirs ends."""
    there: dict[str, Completed] = {}
    monkeypatch.setattr("jettison.cli.doctor.which", lambda name: name if name in there else None)
    monkeypatch.setattr("jettison.cli.doctor.run", lambda command, **_: there[command[0]])
    return there


@pytest.fixture
def no_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    def find() -> Engine:
        raise CannotRun("the docker engine does not answer", "start it")

    monkeypatch.setattr(Engine, "find", find)


@pytest.mark.usefixtures("tools", "no_engine")
def test_with_nothing_installed_everything_has_a_consequence_and_a_remedy(jettison) -> None:
    ran = jettison("doctor")
    assert (ran.code, ran.err) == (0, "")
    for name in ("docker", "buildx", "git", "shfmt"):
        assert f"--  {name.ljust(8)}  not found\n" in ran.out
    assert ran.out.count("without it: ") == 5
    assert ran.out.count("get it: ") == 4
    assert "the docker engine does not answer" in ran.out
    assert "start it" in ran.out


@pytest.mark.usefixtures("no_engine")
def test_a_client_without_an_engine_is_found(jettison, tools: dict[str, Completed]) -> None:
    tools["docker"] = Completed(1, b"28.5.2\n", b"Cannot connect to the Docker daemon")
    out = jettison("doctor").out
    assert "ok  docker    28.5.2\n" in out
    assert "--  buildx    not found\n" in out


def test_features_are_listed_with_what_their_lack_means(
    jettison, tools: dict[str, Completed], monkeypatch: pytest.MonkeyPatch
) -> None:
    class Found:
        version, builder = "28.5.2", "default"
        features = Features(containerd_store=True, cache_export=False)

    monkeypatch.setattr(Engine, "find", Found)
    out = jettison("doctor").out
    assert "ok  engine    28.5.2, builder default\n" in out
    assert "yes containerd image store\n" in out
    assert "no  cache export: the scenario of a cold CI with a cache is left out\n" in out
