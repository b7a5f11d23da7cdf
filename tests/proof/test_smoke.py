"""Runs of one image, and two images' runs compared."""

from __future__ import annotations

import io
import tarfile
from typing import Any

import pytest

from jettison.config import Config, Smoke
from jettison.proof import inside
from jettison.proof.behaviour import compare
from jettison.proof.trial import Observation, trials
from jettison.run import Completed


def seen(**more: Any) -> Observation:
    facets = {"run": "stays up", "GET :80/ status": "200", "GET :80/ body": "hello"}
    return Observation(**({"facets": facets, "ports": {80: "http"}} | more))


def test_without_smoke_tests_one_start() -> None:
    (trial,) = trials(Config(env={"A": "1"}, args=("serve",)))
    assert (trial.name, trial.tests, trial.env, trial.args) == ("start", (), {"A": "1"}, ("serve",))
    assert trial.command is None


def test_http_tests_share_a_container_when_they_can() -> None:
    a, b = Smoke("a", http="/a"), Smoke("b", http="/b")
    c = Smoke("c", http="/c", env={"MODE": "x"}, args=("other",))
    d, e = Smoke("d", command=("v",)), Smoke("e", command=("v",))
    made = trials(Config(smoke=(a, c, d, b, e), env={"A": "1"}))
    assert [[test.name for test in trial.tests] for trial in made] == [["a", "b"], ["c"], ["d"], ["e"]]
    assert made[1].env == {"A": "1", "MODE": "x"}
    assert made[1].args == ("other",)
    assert made[2].command is d


def test_equal_runs() -> None:
    report = compare("x", [seen(), seen()], seen(uid=5))
    assert report.equal
    assert report.weak == ""
    assert (report.before_uid, report.after_uid) == (None, 5)


@pytest.mark.parametrize(
    ("after", "evidence"),
    [
        ({"run": "ends", "exit code": "1"}, "run: before it stays up, after it ends: boom"),
        (
            {"run": "stays up", "GET :80/ status": "500", "GET :80/ body": "hello"},
            "expected '200', got '500'",
        ),
        ({"run": "stays up", "GET :80/ status": "200"}, "body: missing after; before: hello"),
    ],
)
def test_differences(after: dict[str, str], evidence: str) -> None:
    report = compare("x", [seen(), seen()], seen(facets=after, log="boom"))
    assert not report.equal
    assert any(evidence in f"{c.facet}: {c.evidence}" for c in report.comparisons if not c.equal)


def test_what_only_some_runs_of_before_show_says_nothing() -> None:
    flaky = seen(facets=dict(seen().facets) | {"GET :80/ header x-cache": "HIT"})
    assert compare("x", [seen(), flaky], seen()).equal
    assert compare("x", [seen(), flaky], flaky).equal
    assert not compare("x", [seen(), seen()], flaky).equal


def test_weakness() -> None:
    assert compare("x", [seen(weak="w"), seen()], seen()).weak == "w"
    assert compare("x", [seen(), seen(facets={"run": "ends"})], seen()).weak.startswith("before behaves diff")
    changing = [seen(facets={"run": "stays up", "GET :80/ body": body}) for body in ("a", "b c", "d")]
    assert compare("x", changing[:2], changing[2]).weak == "everything it says changes from run to run"


def test_broken_expectations_count_only_when_they_held_before() -> None:
    broken = seen(problems=("a: status 500",))
    assert compare("x", [seen(), seen()], broken).broken == ("a: status 500",)
    both = compare("x", [broken, broken], broken)
    assert (both.broken, both.weak) == ((), "fails before, too: a: status 500")


class Container:
    """A container that holds one file."""

    id = "c"

    def __init__(self, path: str, content: bytes) -> None:
        archive = io.BytesIO()
        with tarfile.open(fileobj=archive, mode="w") as tar:
            info = tarfile.TarInfo(path.rpartition("/")[2])
            info.size = len(content)
            tar.addfile(info, io.BytesIO(content))
        self.path, self.archive = path, archive.getvalue()

    def docker(self, *words: str, timeout: float = 0) -> Completed:
        known = words[-2] == f"c:{self.path}"
        return Completed(0, self.archive, b"") if known else Completed(1, b"", b"no such file")


@pytest.mark.parametrize(
    ("user", "uid"),
    [
        ("", 0),
        ("1000", 1000),
        ("1000:50", 1000),
        ("web", 1234),
        ("web:staff", 1234),
        ("nobody", None),
        ("root", 0),
        (None, 0),
    ],
)
def test_user_ids(user: str | None, uid: int | None) -> None:
    container: Any = Container("/etc/passwd", b"root:x:0:0::/:\nbad\nweb:x:1234:1::/:\n")
    assert inside.user_id(container, {"User": user}) == uid


def test_users_without_a_passwd_file() -> None:
    container: Any = Container("/other", b"")
    assert inside.user_id(container, {"User": "root"}) == 0
    assert inside.user_id(container, {"User": "web"}) is None


@pytest.mark.parametrize(
    ("config", "command"),
    [
        ({}, ()),
        ({"Healthcheck": None}, ()),
        ({"Healthcheck": {"Test": ["NONE"]}}, ()),
        ({"Healthcheck": {"Test": ["CMD", "a", "b"]}}, ("a", "b")),
        ({"Healthcheck": {"Test": ["CMD-SHELL", "a b"]}}, ("/bin/sh", "-c", "a b")),
        ({"Healthcheck": {"Test": ["CMD-SHELL", "a"]}, "Shell": ["bash", "-ec"]}, ("bash", "-ec", "a")),
    ],
)
def test_healthchecks(config: dict[str, Any], command: tuple[str, ...]) -> None:
    assert inside.healthcheck(config) == command


@pytest.mark.parametrize(
    ("address", "loopback"),
    [
        ("0100007F", True),
        ("0B00007F", True),
        ("00000000", False),
        ("0200000A", False),
        ("00000000000000000000000001000000", True),
        ("00000000000000000000000000000000", False),
        ("0000000000000000FFFF00000100007F", False),
    ],
)
def test_loopback_addresses(address: str, loopback: bool) -> None:
    assert inside._is_loopback(address) is loopback


def test_what_a_tool_says_of_itself_now_and_then_is_no_difference() -> None:
    plain = {"run": "ends", "exit code": "1", "stdout": "", "stderr": "no database\n"}
    told = plain | {"stderr": "no database\nnpm notice\nnpm notice New major version of npm available!\n"}
    assert compare("x", [seen(facets=plain), seen(facets=plain)], seen(facets=told)).equal
    other = plain | {"stderr": "no database at npm notice\n"}
    assert not compare("x", [seen(facets=plain), seen(facets=plain)], seen(facets=other)).equal
