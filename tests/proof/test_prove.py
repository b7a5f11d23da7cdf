"""The proof from start to end, on the make-believe engine of conftest.py."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from jettison.config import Config, Smoke
from jettison.errors import CannotRun
from jettison.findings import Allowance
from jettison.proof import Candidate, Change, Proof, Request, Result, Step, prove, to_json
from jettison.proof.table import markdown, text

SERVER = """\
FILE /app/server binary
FILE /usr/lib/gcc compiler
CONFIG ExposedPorts {"8080/tcp": {}}
CONFIG Cmd ["server"]
SERVES / hello
COPY
SECONDS 4
"""

Edit = Callable[[str], str]
CONFIG = Config(time_budget=1000)


@pytest.fixture
def proving(tmp_path: Path, bench: Any) -> Callable[..., Proof]:
    """Prove a Dockerfile with edits by id; `allows` by id."""
    root = tmp_path / "user"
    root.mkdir()
    (root / "go.mod").write_text("module x\n")
    (root / "main.go").write_text("package main\n\nfunc main() {}\n")

    def run(
        before: str,
        edits: dict[str, Edit],
        allows: dict[str, Allowance] | None = None,
        config: Config = CONFIG,
        quick: bool = False,
        **settings: Any,
    ) -> Proof:
        (root / "Dockerfile").write_text(before)
        type(bench(None)).settings = settings.pop("bench", {})
        steps: list[Step] = settings.pop("steps", [])

        def candidate_for(ids: Collection[str]) -> Candidate | None:
            made = before
            for id, edit in edits.items():
                made = edit(made) if id in ids else made
            return Candidate(made.encode(), settings.get("files", {}) if ids else {})

        changes = tuple(
            Change(id, f"title of {id}", allows=(allows or {}).get(id, Allowance())) for id in edits
        )
        request = Request(
            root,
            Candidate(before.encode()),
            changes,
            settings.pop("candidate_for", candidate_for),
            dockerfile=root / "Dockerfile",
            config=config,
            quick=quick,
        )
        listed = sorted((p, p.read_bytes()) for p in root.rglob("*") if p.is_file())
        proof = prove(None, request, steps.append, workbench=bench)  # type: ignore[arg-type]
        assert sorted((p, p.read_bytes()) for p in root.rglob("*") if p.is_file()) == listed
        assert_fits_the_schema(to_json(proof))
        assert text(proof).endswith("\n")
        assert "|---|" in markdown(proof)
        return proof

    return run


def assert_fits_the_schema(document: dict[str, Any]) -> None:
    schema = json.loads(
        (Path(__file__).parents[2] / "docs" / "schema" / "jettison-v1.json").read_text("utf-8")
    )
    jsonschema.validate(json.loads(json.dumps(document)), {"$defs": schema["$defs"], "$ref": "#/$defs/proof"})


def faster(text: str) -> str:
    return text.replace("SECONDS 4", "SECONDS 2")


def without_compiler(text: str) -> str:
    return text.replace("FILE /usr/lib/gcc compiler\n", "")


SLIM = {"slim": Allowance(vanish=("/usr/lib/*",))}


def test_a_good_change(proving: Callable[..., Proof]) -> None:
    steps: list[Step] = []
    proof = proving(SERVER, {"slim": without_compiler, "fast": faster}, SLIM, steps=steps)
    assert proof.passed
    assert proof.verdict == (Result.PASSED, ())
    assert proof.dropped == ()
    assert [change.id for change in proof.kept] == ["slim", "fast"]
    assert proof.dropped == ()
    assert proof.candidate is not None
    assert proof.candidate.dockerfile == faster(without_compiler(SERVER)).encode()
    assert proof.after is not None
    assert proof.before.sizes.uncompressed > proof.after.sizes.uncompressed
    names = {timing.name: timing for timing in proof.timings}
    assert list(names) == ["cold", "unchanged", "code-edit", "dependency-edit", "ci", "ci-cache"]
    assert names["cold"].before == (4.0, 4.0)
    assert names["cold"].after == (2.0, 2.0)
    assert names["cold"].factor == 2.0
    assert names["unchanged"].medians == (0.4, 0.2)
    assert names["code-edit"].note == "a line added to main.go"
    assert names["dependency-edit"].note == "a line added to go.mod"
    assert names["ci-cache"].note == "mode=max, local folder"
    assert all(not timing.missing for timing in proof.timings)
    kept = {name: [record.seconds for record in timing.records] for name, timing in names.items()}
    assert kept["cold"] == [4.0, 2.0]
    assert kept["code-edit"] == [0.4, 0.2]
    assert proof.before.layers
    assert proof.after.layers
    assert [step.number for step in steps] == list(range(1, len(steps) + 1))
    assert all(step.number <= step.of for step in steps)


def test_before_does_not_build(proving: Callable[..., Proof]) -> None:
    with pytest.raises(CannotRun, match=r"(?s)before any change.*builder says: no space left") as caught:
        proving("FAILS because no space left\n", {"x": faster})
    assert caught.value.exit_code == 2


BREAKS: dict[str, tuple[Edit, str]] = {
    "the build": (lambda t: t + "FAILS because of a typo\n", "it does not build: builder says: of a typo"),
    "the answer": (
        lambda t: t.replace("hello", "hallo"),
        "GET :8080/ body: line 1: expected 'hello', got 'hallo'",
    ),
    "a status": (lambda t: t.replace("SERVES / ", "SERVES /x "), "GET :8080/ status"),
    "a header": (
        lambda t: t.replace("hello", "hello HEADER X-Mode debug"),
        "GET :8080/ header x-mode: only after",
    ),
    "a file": (lambda t: t.replace("FILE /app/server binary\n", ""), "/app/server vanished"),
    "a content": (lambda t: t.replace("server binary", "server other"), "/app/server changed"),
    "a config": (lambda t: t.replace('["server"]', '["sh"]'), 'Cmd: ["server"] before, ["sh"] after'),
    "the start": (lambda t: t + "NEEDS /gone\n", "after it does not start: exec /gone: no such file"),
    "staying up": (
        lambda t: t.replace("SERVES / hello", "EXITS 1 oops"),
        "before it stays up, after it ends: oops",
    ),
}


@pytest.mark.parametrize("what", BREAKS)
def test_a_wrong_change_is_caught_dropped_and_named(proving: Callable[..., Proof], what: str) -> None:
    edit, evidence = BREAKS[what]
    proof = proving(SERVER, {"slim": without_compiler, "wrong": edit, "fast": faster}, SLIM)
    assert [change.id for change in proof.kept] == ["slim", "fast"]
    (dropped,) = proof.dropped
    assert dropped.change.id == "wrong"
    assert (
        evidence
        in " | ".join(piece for reason in dropped.evidence for piece in (reason.what, *reason.evidence))
        or evidence in dropped.reason
    )
    assert "dropped wrong (title of wrong)" in text(proof)
    assert proof.passed
    assert proof.candidate is not None
    assert proof.candidate.dockerfile == faster(without_compiler(SERVER)).encode()
    assert next(t for t in proof.timings if t.name == "cold").after[0] == 2.0


def test_nothing_survives(proving: Callable[..., Proof]) -> None:
    proof = proving(SERVER, {"wrong": BREAKS["the answer"][0]})
    assert proof.verdict.result is Result.FAILED
    assert proof.candidate is None
    assert proof.after is None
    assert not proof.timings
    assert "hallo" in text(proof)
    assert [d["id"] for d in to_json(proof)["dropped"]] == ["wrong"]


def test_the_whole_is_held_against_the_sum_of_allowances(proving: Callable[..., Proof]) -> None:
    proof = proving(SERVER, {"slim": without_compiler}, {"slim": Allowance(vanish=("/opt/*",))})
    assert proof.verdict.result is Result.FAILED
    assert proof.dropped[0].reason.startswith("files differ that no change may alter: /usr/lib/gcc vanished")


def test_a_change_that_builds_on_a_dropped_one_is_dropped_too(proving: Callable[..., Proof]) -> None:
    def tuned(text: str) -> str:
        return text.replace("hallo", "hallo HEADER X-A 1")

    proof = proving(SERVER, {"wrong": BREAKS["the answer"][0], "tuned": tuned, "fast": faster})
    assert [change.id for change in proof.kept] == ["fast"]
    reasons = {dropped.change.id: dropped.reason for dropped in proof.dropped}
    assert reasons["tuned"] == "it has no effect without the changes that were dropped"


def test_changes_that_cannot_be_combined(proving: Callable[..., Proof]) -> None:
    def candidate_for(ids: Collection[str]) -> Candidate | None:
        if {"a", "b"} <= set(ids):
            return None
        return Candidate((faster(SERVER) if "a" in ids else SERVER + "SECONDS 3\n").encode())

    proof = proving(SERVER, {"a": str, "b": str}, candidate_for=candidate_for)
    assert [change.id for change in proof.kept] == ["a"]
    assert proof.dropped[0].reason == "it cannot be applied together with the others"


def test_what_varies_by_itself_is_masked_in_files_and_answers(proving: Callable[..., Proof]) -> None:
    varying = SERVER.replace("SERVES / hello", "SERVES / hello $RUN") + "FILE /app/stamp $RANDOM\n"
    proof = proving(varying, {"fast": faster})
    assert proof.passed
    assert proof.check is not None
    assert [each.by for each in proof.check.tree.masked] == ["differs between two builds of before"]
    assert proof.check.trials[0].masking.partly == 1
    assert "1 vary by themselves and were masked" in text(proof)
    wrong = proving(varying, {"wrong": lambda t: t.replace("hello $RUN", "hallo $RUN")})
    assert wrong.verdict.result is Result.FAILED


def test_the_second_build_of_before_counts_as_a_cold_one(proving: Callable[..., Proof]) -> None:
    varying = SERVER + "FILE /app/stamp $RANDOM\n"
    proof = proving(varying, {"fast": faster}, config=Config(repeats=2, time_budget=1000))
    cold = next(t for t in proof.timings if t.name == "cold")
    assert (len(cold.before), len(cold.after)) == (2, 2)


WEAK = [
    "CONFIG Cmd []\nEXITS 0 \n",
    'STAYS\nCONFIG ExposedPorts {"80/tcp": {}}\n',
    "EXITS 3 usage\n",
    "NEEDS /x\n",
    'CONFIG ExposedPorts {"80/tcp": {}}\nSERVES /error-500 nothing\n',
]


@pytest.mark.parametrize("how", WEAK)
def test_a_weak_test_is_never_a_pass(proving: Callable[..., Proof], how: str) -> None:
    config = Config(ready_timeout=0.3, scenarios=("cold",))
    image = "FILE /usr/lib/gcc x\n" + how
    proof = proving(image, {"slim": lambda t: t.replace("FILE /usr/lib/gcc x\n", "")}, SLIM, config)
    assert proof.verdict.result is Result.INCONCLUSIVE
    assert not proof.passed
    assert "not proved either way" in text(proof)
    same = proving(image + "SECONDS 4\n", {"fast": faster}, SLIM, config)
    assert same.passed, "an image with the same files and config needs no test"


def test_a_smoke_test_of_the_users(proving: Callable[..., Proof]) -> None:
    served = SERVER.replace("SERVES / hello", "SERVES / hello\nSERVES /v version 1")
    config = Config(smoke=(Smoke("v", http="/v", status=200, body=("version",)),), scenarios=("cold",))
    assert proving(served, {"fast": faster}, config=config).passed
    wrong = proving(served, {"wrong": lambda t: t.replace("version 1", "v1")}, config=config)
    assert wrong.verdict.result is Result.FAILED
    assert "v: body has no match for 'version'" in text(wrong)


def test_a_smoke_test_that_fails_before_says_nothing(proving: Callable[..., Proof]) -> None:
    config = Config(smoke=(Smoke("v", http="/v", status=200),), scenarios=("cold",))
    proof = proving(SERVER, {"slim": without_compiler}, SLIM, config)
    assert proof.verdict.result is Result.INCONCLUSIVE
    assert "fails before, too: v: status 404, expected 200" in text(proof)


def test_a_build_that_breaks_only_after_an_edit(proving: Callable[..., Proof], tmp_path: Path) -> None:
    proof = proving(SERVER, {"fast": faster}, bench={"breaks": "code-edit-after-0"})
    assert proof.verdict.result is Result.FAILED
    assert proof.verdict.reasons[0].what == "it does not build: rebuild after a code edit"


def test_what_cannot_be_measured_says_why(proving: Callable[..., Proof]) -> None:
    proof = proving(SERVER, {"fast": faster}, bench={"may_forget": False})
    missing = {timing.name: timing.missing for timing in proof.timings if timing.missing}
    assert list(missing) == ["ci-cache"]
    assert "JETTISON_PRUNE=always" in missing["ci-cache"]
    assert "not measured: removing our own build cache" in text(proof)


def test_time_is_kept(proving: Callable[..., Proof]) -> None:
    proof = proving(SERVER, {"fast": faster}, config=Config(time_budget=0.001, repeats=5))
    assert {len(timing.before) for timing in proof.timings if not timing.missing} == {1}


def test_the_budget_for_size(proving: Callable[..., Proof]) -> None:
    proof = proving(SERVER, {"fast": faster}, config=Config(size_budget=100, scenarios=("cold",)))
    assert proof.over_budget
    assert "is over 100 B" in text(proof)
    assert to_json(proof)["budget"] == {"bytes": 100, "exceeded": True}


def test_the_budget_for_time(proving: Callable[..., Proof]) -> None:
    proof = proving(SERVER, {"fast": faster}, config=Config(build_budget=0.001, scenarios=("code-edit",)))
    assert proof.over_time
    assert "after a code edit, over 0.00 s" in text(proof)
    assert to_json(proof)["time_budget"] == {"seconds": 0.001, "exceeded": True}
    proof = proving(SERVER, {"fast": faster}, config=Config(build_budget=1000, scenarios=("cold",)))
    assert not proof.over_time
    assert "time budget: not measured" in text(proof)


def test_ctrl_c_closes_the_workbench(proving: Callable[..., Proof], bench: Any) -> None:
    with pytest.raises(KeyboardInterrupt):
        proving(SERVER, {"fast": faster}, bench={"interrupt": "after"})
    assert type(bench(None)).closed_ones[-1] is True


def test_a_proposed_ignore_file_is_built_with_and_not_written(proving: Callable[..., Proof]) -> None:
    allows = {"ignore": Allowance(vanish=("/ctx/*",))}
    files = {".dockerignore": b"*.go\n"}
    proof = proving(SERVER, {"ignore": faster}, allows, Config(scenarios=("cold",)), files=files)
    assert proof.passed
    assert proof.check is not None
    shown = {each.by: each.examples for each in proof.check.tree.explained}
    assert shown["ignore"] == ("/ctx/main.go",)
    assert shown["copy of the new .dockerignore"] == ("/ctx/.dockerignore",)
    assert shown["copy of the new Dockerfile"] == ("/ctx/Dockerfile",)


def test_quick_measures_once(proving: Callable[..., Proof]) -> None:
    proof = proving(SERVER, {"fast": faster}, quick=True)
    assert {len(timing.before) for timing in proof.timings} == {1}


def test_the_optional_scenario(proving: Callable[..., Proof]) -> None:
    proof = proving(SERVER, {"fast": faster}, config=Config(scenarios=("ci-cache", "ci-cache-edit")))
    assert [timing.name for timing in proof.timings] == ["ci-cache", "ci-cache-edit"]
    assert not [timing.missing for timing in proof.timings if timing.missing]


def test_files_named_for_the_edits(proving: Callable[..., Proof]) -> None:
    named = Config(code_edit="go.mod", dependency_edit="gone.txt", scenarios=("code-edit", "dependency-edit"))
    code, dependency = proving(SERVER, {"fast": faster}, config=named).timings
    assert code.note == "a line added to go.mod"
    assert dependency.missing == "gone.txt is not sent to the builder"
