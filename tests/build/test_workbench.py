"""The parts of a workbench that need no engine; what it does with one is in test_ownership_e2e.py."""

from __future__ import annotations

import os
import signal
from types import SimpleNamespace

import pytest

from jettison.build import BuildRequest, Workbench
from jettison.build.engine import Features
from jettison.build.record import BuildRecord
from jettison.errors import CannotRun
from jettison.run import Completed


class Engine:
    """An engine that has nothing and refuses nothing, and remembers what it was asked."""

    def __init__(self, records=(), store: bool = True) -> None:
        self.features = Features(store, store)
        self.records = tuple(records)
        self.requests: list[BuildRequest] = []
        self.calls: list[str] = []

    def cache_records(self):
        return self.records

    def build(self, request, recording):
        self.requests.append(request)
        return BuildRecord(True, 1.0)

    def docker(self, *words, timeout=0):
        self.calls.append(" ".join(words))
        return Completed(0, b"", b"")


@pytest.fixture
def engine():
    return Engine()


def test_names_salts_and_folders_carry_the_nonce(engine, tmp_path):
    with Workbench(engine, registry="") as bench:
        assert bench.tag("app") == f"jettison-{bench.nonce}:app"
        folder = bench.folder("context")
        assert folder.name.startswith(f"jettison-{bench.nonce}-context-")
        assert folder != bench.folder("context")
        bench.build(BuildRequest(tmp_path, b"", salt="After Final_1"), "app")
        bench.build(BuildRequest(tmp_path, b""))
    first, second = engine.requests
    assert (first.tag, first.salt) == (bench.tag("app"), f"{bench.nonce}-after-final-1")
    assert (second.tag, second.salt) == ("", bench.nonce)
    assert not folder.exists()
    assert bench.leftovers == (0, 0, "")


def test_where_the_cache_goes(engine):
    with Workbench(engine, registry="127.0.0.1:1") as bench:
        source, target = bench.cache_to("app")
        assert source == f"type=registry,ref=127.0.0.1:1/jettison:{bench.nonce}-app"
        assert target == f"{source},mode=max,image-manifest=true,oci-mediatypes=true"
        assert bench.cache_place == "registry 127.0.0.1:1"
    assert bench.leftovers.why == f"the registry does not delete 127.0.0.1:1/jettison:{bench.nonce}-app"
    with Workbench(engine, registry="") as bench:
        source, target = bench.cache_to("app")
        assert source.replace("src=", "dest=") + ",mode=max" == target
        assert bench.cache_place == "local folder"
    with Workbench(Engine(store=False)) as bench, pytest.raises(CannotRun, match="cannot export build cache"):
        bench.cache_to("app")


def test_the_environment_names_registry_and_how_to_prune(engine, monkeypatch):
    monkeypatch.setenv("JETTISON_CACHE_REGISTRY", "host:5000")
    assert Workbench(engine).registry == "host:5000"
    assert Workbench(engine, registry="").registry == ""
    for value, wanted in (("always", "always"), ("never", "never"), ("nonsense", "careful"), ("", "careful")):
        monkeypatch.setenv("JETTISON_PRUNE", value)
        assert Workbench(engine)._prune == wanted
    assert Workbench(engine, prune="always")._prune == "always"


RISK = SimpleNamespace(
    id="u", parents=("gone",), type="regular", description="step", size=1, created="", shared=False
)


@pytest.mark.parametrize(
    ("store", "records", "prune", "may"),
    [
        (True, [RISK], "careful", False),
        (True, [RISK], "always", True),
        (True, [], "careful", True),
        (True, [], "never", False),
        (False, [RISK], "careful", True),
    ],
)
def test_when_cache_may_be_removed(store, records, prune, may):
    engine = Engine(records, store)
    engine.prune = lambda ids: ()
    with Workbench(engine, registry="", prune=prune) as bench:
        assert bench.forget() is may


def test_sigterm_becomes_an_exception_and_the_handlers_come_back(engine):
    before = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)]

    def terminated() -> None:
        with Workbench(engine, registry=""):
            os.kill(os.getpid(), signal.SIGTERM)

    with pytest.raises(SystemExit) as caught:
        terminated()
    assert caught.value.code == 128 + signal.SIGTERM
    assert [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)] == before


def test_a_run_under_nohup_outlives_its_terminal(engine):
    before = signal.signal(signal.SIGHUP, signal.SIG_IGN)
    try:
        with Workbench(engine, registry=""):
            assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
        assert signal.getsignal(signal.SIGHUP) is signal.SIG_IGN
    finally:
        signal.signal(signal.SIGHUP, before)


def test_a_second_ctrl_c_does_not_stop_the_clean_up(engine, monkeypatch):
    done: list[str] = []

    def docker(*words, timeout=0):
        os.kill(os.getpid(), signal.SIGINT)
        done.append(words[0])
        return Completed(0, b"", b"")

    engine.docker = docker
    with Workbench(engine, registry="") as bench:
        folder = bench.folder()
    assert done == ["container", "image"]
    assert not folder.exists()


def test_an_engine_that_is_gone_is_said_and_the_files_go_all_the_same(engine):
    def docker(*words, timeout=0):
        raise CannotRun("the engine does not answer")

    engine.docker = docker
    with Workbench(engine, registry="") as bench:
        folder = bench.folder()
    assert not folder.exists()
    assert "the engine does not answer" in bench.leftovers.why


def test_a_bench_is_used_inside_its_block(engine):
    with pytest.raises(RuntimeError):
        Workbench(engine).folder()
