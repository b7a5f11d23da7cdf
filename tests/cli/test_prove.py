"""`fix --prove` and `prove`: what is asked of a proof, and what comes of its verdict."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from jettison.build import Engine
from jettison.cli.prove import read_allowance
from jettison.errors import CannotRun
from jettison.findings import Allowance, Basis
from jettison.proof import Dropped, Measured, Proof, Reason, Request, Result, Step, Timing, Verdict
from jettison.proof.sizes import Sizes

Write = Callable[..., Path]
SCHEMA = json.loads((Path(__file__).parents[2] / "docs" / "schema" / "jettison-v1.json").read_text())

BEFORE = Measured(Sizes(300_000_000, 900_000_000, 10, Basis.MEASURED), "sha256:b", "", 0)
AFTER = Measured(Sizes(3_000_000, 9_000_000, 4, Basis.MEASURED), "sha256:a", "65532", 65532)
TIMING = Timing("code-edit", (20.0, 22.0), (2.0, 2.2), (3, 2))


class Prover:
    """Takes the place of `prove`: keeps every change but those it is told to drop."""

    def __init__(self) -> None:
        self.request: Request | None = None
        self.drop: tuple[str, ...] = ()
        self.verdict = Verdict(Result.PASSED)
        self.fails = ""
        self.budget: int | None = None

    def __call__(
        self, engine: Any, request: Request, on_step: Callable[[Step], None], on_event: object
    ) -> Proof:
        self.request = request
        on_step(Step(1, 2, "build before, cold"))
        if self.fails:
            raise CannotRun(f"the build fails before any change:\n{self.fails}", "mend it first")
        kept = tuple(change for change in request.changes if change.id not in self.drop)
        dropped = tuple(
            Dropped(change, "it does not build", (Reason("it does not build", ("no such file",)),))
            for change in request.changes
            if change.id in self.drop
        )
        proof = Proof(self.verdict, BEFORE, dropped=dropped, seconds=9.0, size_budget=self.budget)
        if not kept:
            return replace(proof, verdict=Verdict(Result.FAILED, (Reason("it differs", ("x",)),)))
        candidate = request.candidate_for(tuple(change.id for change in kept))
        return replace(proof, after=AFTER, candidate=candidate, kept=kept, timings=(TIMING,))


@pytest.fixture
def prover(monkeypatch: pytest.MonkeyPatch) -> Prover:
    made = Prover()
    monkeypatch.setattr("jettison.cli.proving.prove", made)
    monkeypatch.setattr(Engine, "find", lambda: None)
    return made


class TestFix:
    def test_what_is_proved_is_shown_with_its_table(
        self, jettison, dockerfile: Write, prover: Prover
    ) -> None:
        path = dockerfile("RUN bad", "RUN slow")
        ran = jettison("fix", "--prove")
        assert ran.code == 0
        assert ran.err == "[1/2] build before, cold\n"
        assert "+RUN good\n+RUN quick\n" in ran.out
        assert "image on disk" in ran.out
        assert "100x smaller" in ran.out
        assert "rebuild after a code edit" in ran.out
        assert "proved: " in ran.out
        assert ran.out.endswith("\nNothing was written. Next: jettison fix --apply --prove\n")
        assert b"RUN bad" in path.read_bytes()

    def test_the_proof_is_asked_about_every_change_and_any_subset(
        self, jettison, dockerfile: Write, folder: Path, prover: Prover
    ) -> None:
        dockerfile("COPY . .", "RUN bad", "RUN slow", "RUN odd")
        (folder / "jettison.toml").write_text('[build]\ntarget = "0"\n[build.args]\nA = "1"\n')
        jettison("fix", "--prove", "--build-arg", "B=2", "--ssh", "default", "--quick")
        request = prover.request
        assert request is not None
        assert [change.id for change in request.changes] == ["fake-proven", "fake-safe", "fake-ignore"]
        assert (request.target, dict(request.build_args)) == ("0", {"A": "1", "B": "2"})
        assert (request.ssh, request.quick) == (("default",), True)
        assert request.config.path is not None
        assert (request.context.resolve(), request.dockerfile) == (folder, Path("Dockerfile"))
        candidate = request.candidate_for(("fake-proven", "fake-ignore"))
        assert candidate is not None
        assert candidate.dockerfile == b"FROM debian:12\nCOPY . .\nRUN bad\nRUN quick\nRUN odd\n"
        assert candidate.files == {".dockerignore": b".git\n"}
        assert request.candidate_for(("nothing",)) is None

    def test_what_survived_is_written(self, jettison, dockerfile: Write, prover: Prover) -> None:
        path = dockerfile("RUN bad", "RUN slow")
        prover.drop = ("fake-safe",)
        ran = jettison("fix", "--prove", "--apply")
        assert ran.code == 3
        assert path.read_text() == "FROM debian:12\nRUN bad\nRUN quick\n"
        assert "dropped fake-safe (Say good): it does not build" in ran.out
        assert "Written: Dockerfile\n" in ran.out
        assert "+RUN good" not in ran.out
        assert (
            "says bad  [-12 MB, rule of thumb]\n    the builds did not confirm its fix: see below\n"
            in ran.out
        )

    def test_everything_dropped(self, jettison, dockerfile: Write, prover: Prover) -> None:
        path = dockerfile("RUN slow")
        prover.drop = ("fake-proven",)
        ran = jettison("fix", "--prove", "--apply")
        assert ran.code == 3
        assert b"slow" in path.read_bytes()
        assert "diff --git" not in ran.out
        assert "Written" not in ran.out

    def test_a_weak_proof_writes_nothing(self, jettison, dockerfile: Write, prover: Prover) -> None:
        path = dockerfile("RUN slow")
        prover.verdict = Verdict(Result.INCONCLUSIVE, (Reason("nothing was run", ("no command",)),))
        ran = jettison("fix", "--prove", "--apply")
        assert ran.code == 2
        assert b"slow" in path.read_bytes()
        assert "not proved either way" in ran.out
        assert "jettison.toml" in ran.out

    def test_a_broken_scenario_fails(self, jettison, dockerfile: Write, prover: Prover) -> None:
        path = dockerfile("RUN slow")
        prover.verdict = Verdict(Result.FAILED, (Reason("it does not build: rebuild", ("x",)),))
        assert jettison("fix", "--prove", "--apply").code == 3
        assert b"slow" in path.read_bytes()

    def test_over_the_budget_is_a_finding(self, jettison, dockerfile: Write, prover: Prover) -> None:
        dockerfile("RUN slow")
        prover.budget = 5_000_000
        assert jettison("fix", "--prove").code == 1
        prover.budget = 50_000_000
        assert jettison("fix", "--prove").code == 0

    def test_a_build_that_fails_before_is_told_in_the_builders_words(
        self, jettison, dockerfile: Write, prover: Prover
    ) -> None:
        dockerfile("RUN slow")
        prover.fails = "Dockerfile:2\n>>> RUN slow\nslow: not found"
        ran = jettison("fix", "--prove")
        assert ran.code == 2
        assert (
            "Not proved: the build fails before any change:\n"
            "  Dockerfile:2\n  >>> RUN slow\n  slow: not found\n  mend it first\n"
        ) in ran.out

    @pytest.mark.parametrize("drop", [(), ("fake-safe",), ("fake-safe", "fake-proven")])
    def test_json_fits_the_schema(
        self, jettison, dockerfile: Write, prover: Prover, drop: tuple[str, ...]
    ) -> None:
        dockerfile("RUN bad", "RUN slow")
        prover.drop = drop
        made = json.loads(jettison("fix", "--prove", "--format", "json").out)
        Draft202012Validator(SCHEMA).validate(made)
        assert [each["id"] for each in made["proof"]["dropped"]] == list(reversed(drop))
        assert made["proof"]["before"]["uncompressed"] == {"bytes": 900_000_000, "basis": "measured"}


class TestProve:
    @pytest.fixture
    def history(self, dockerfile: Write, folder: Path) -> Path:
        """A repository with two commits and a change that is not committed."""
        git = ["git", "-c", "user.name=x", "-c", "user.email=x@example.com"]
        subprocess.run([*git, "init", "-q", "-b", "main"], cwd=folder, check=True)
        for number in (1, 2):
            path = dockerfile(f"RUN {number}", name="app/Dockerfile")
            subprocess.run([*git, "add", "-A"], cwd=folder, check=True)
            subprocess.run([*git, "commit", "-qm", str(number)], cwd=folder, check=True)
        path.write_text("FROM debian:12\nRUN 3\n")
        return folder

    @pytest.mark.parametrize(
        ("before", "number", "label"),
        [
            ((), 2, "HEAD:Dockerfile"),
            (("--before", "HEAD~1"), 1, "HEAD~1:Dockerfile"),
            (("--before", "old"), 0, "old"),
        ],
    )
    def test_the_working_file_is_compared(
        self, jettison, history: Path, prover: Prover, before: tuple[str, ...], number: int, label: str
    ) -> None:
        (history / "old").write_text("FROM debian:12\nRUN 0\n")
        ran = jettison("prove", "app", *before)
        assert ran.code == 0
        request = prover.request
        assert request is not None
        assert request.before.dockerfile == f"FROM debian:12\nRUN {number}\n".encode()
        (change,) = request.changes
        assert change.title == f"app/Dockerfile instead of {label}"
        candidate = request.candidate_for(("edit",))
        assert candidate is not None
        assert candidate.dockerfile == b"FROM debian:12\nRUN 3\n"
        assert ran.out.startswith("  ")
        assert "proved: " in ran.out

    def test_the_ignore_file_of_then_belongs_to_it(self, jettison, history: Path, prover: Prover) -> None:
        (history / "app" / ".dockerignore").write_text("new\n")
        assert jettison("prove", "app").code == 0
        assert prover.request is not None
        assert prover.request.before.files == {".dockerignore": b""}

    def test_a_proof_that_fails_is_3(self, jettison, history: Path, prover: Prover) -> None:
        prover.drop = ("edit",)
        ran = jettison("prove", "app")
        assert ran.code == 3
        assert "dropped edit" in ran.out

    def test_json(self, jettison, history: Path, prover: Prover) -> None:
        made = json.loads(jettison("prove", "app", "--format", "json").out)
        Draft202012Validator(SCHEMA).validate(made)
        assert made["proof"]["verdict"] == "passed"

    def test_nothing_changed(self, jettison, history: Path, prover: Prover) -> None:
        (history / "app" / "Dockerfile").write_text("FROM debian:12\nRUN 2\n")
        ran = jettison("prove", "app")
        assert ran.code == 2
        assert "there is nothing to compare" in ran.err

    @pytest.mark.parametrize("before", ["nowhere", "--help-me", "HEAD~9"])
    def test_no_such_before(self, jettison, history: Path, prover: Prover, before: str) -> None:
        ran = jettison("prove", "app", f"--before={before}")
        assert ran.code == 2
        assert "neither a file nor a git revision that has app/Dockerfile" in ran.err

    def test_outside_of_git(self, jettison, dockerfile: Write, prover: Prover) -> None:
        dockerfile("RUN 1")
        assert "neither a file nor a git revision" in jettison("prove").err

    def test_standard_input_has_no_before(self, jettison, prover: Prover, monkeypatch) -> None:
        assert jettison("prove", "-").code == 2

    def test_without_an_engine(self, jettison, history: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        def find() -> Engine:
            raise CannotRun("docker is not installed", "install it")

        monkeypatch.setattr(Engine, "find", find)
        assert jettison("prove", "app") == (2, "", "jettison: docker is not installed\n  install it\n")


@pytest.mark.parametrize(
    ("specs", "wanted"),
    [
        ((), Allowance()),
        (("vanish=/usr/*", "vanish=/opt/*"), Allowance(vanish=("/usr/*", "/opt/*"))),
        (("appear", "change"), Allowance(appear=("*",), change=("*",))),
        (("config=User", "config=Env.PATH"), Allowance(config=("User", "Env.PATH"))),
    ],
)
def test_allowances(specs: tuple[str, ...], wanted: Allowance) -> None:
    assert read_allowance(specs) == wanted


def test_a_bare_config_allows_every_field() -> None:
    assert {"Cmd", "Env", "User", "WorkingDir"} <= set(read_allowance(("config",)).config)


def test_an_allowance_that_is_none(jettison, dockerfile: Write, folder: Path) -> None:
    dockerfile()
    (folder / "old").write_text("FROM x\n")
    assert (
        "--allow 'vansh=x' is not understood"
        in jettison("prove", "--before", "old", "--allow", "vansh=x").err
    )


@pytest.mark.parametrize(
    "spec", ["", "src=x", "id=a,what=b", "id=a,src=nowhere", "id=a,env=NOWHERE", "id=NOWHERE"]
)
def test_a_secret_that_is_none(jettison, dockerfile: Write, prover: Prover, spec: str) -> None:
    dockerfile("RUN slow")
    ran = jettison("fix", "--prove", "--secret", spec)
    assert ran.code == 2
    assert ran.err.startswith("jettison: --secret ")
    assert prover.request is None


def test_secrets_reach_the_builder(
    jettison, dockerfile: Write, folder: Path, prover: Prover, monkeypatch: pytest.MonkeyPatch
) -> None:
    dockerfile("RUN slow")
    (folder / "token").write_text("x")
    monkeypatch.setenv("TOKEN", "y")
    jettison(
        "fix", "--prove", "--secret", "id=a,src=token", "--secret", "id=b,env=TOKEN", "--secret", "id=TOKEN"
    )
    assert prover.request is not None
    assert [(each.id, each.path, each.env) for each in prover.request.secrets] == [
        ("a", folder / "token", ""),
        ("b", None, "TOKEN"),
        ("TOKEN", None, "TOKEN"),
    ]
