"""Answers as the commands make them, of what was recorded or made up, for the tests of a report."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from jettison.build import BuildRecord
from jettison.build.lines import locator
from jettison.build.metadata import read_metadata
from jettison.build.rawjson import Recording
from jettison.build.record import assemble
from jettison.findings import Basis, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.proof import Candidate, Check, Measured, Proof, Result, Timing, Verdict
from jettison.proof.sizes import Sizes
from jettison.proof.staging import Staged
from jettison.replay import SCENARIOS, Estimate, PricedStep, Replay
from jettison.report import Answer
from jettison.report.style import Style
from jettison.rewrite import APPLIED_WITHOUT_PROOF, rewrite
from jettison.rules import all_rules

RECORDS = Path(__file__).parents[1] / "build" / "records"
HOSTILE = (
    b'FROM debian AS "><img/src=x>\nRUN echo "</script><script>alert(1)</script>" \\\n'
    b"""  '"><img onerror=alert(1)>'\n"""
    b"RUN printf '\xff\xfe\x1b[31m\xe2\x80\xae <b>&amp;'\nCOPY </td></table><h1> /\n"
)


def rendered(answer: Answer) -> str:
    """The page."""
    from jettison.report import find_report

    return "".join(find_report("html")(answer, Style()))


def record(name: str) -> BuildRecord:
    """A build of two.Dockerfile that was recorded."""
    recording = Recording()
    for line in (RECORDS / f"{name}.jsonl").read_bytes().splitlines(keepends=True):
        recording.feed(line)
    metadata = read_metadata(RECORDS / f"{name}.metadata.json")
    return assemble(recording, metadata, locator(dockerfile()), 1.5, "")


def dockerfile() -> bytes:
    """What was built for the records."""
    return (RECORDS / "two.Dockerfile").read_bytes()


def proved() -> Answer:
    """The answer of `prove` with the records of two builds."""
    cold, cached = record("cold"), record("cached")
    timings = (
        Timing("cold", (1.5, 1.6), (1.4, 1.5), records=(cold, cold)),
        Timing("code-edit", (1.4,), (0.3,), records=(cold, cached)),
        Timing("dependency-edit", missing="no dependency manifest is known"),
    )
    proof = Proof(
        Verdict(Result.PASSED),
        Measured(Sizes(304_400_000, 1_863_600_000, 9), "sha256:b", "", 0),
        Measured(Sizes(3_140_000, 8_704_000, 3), "sha256:a", "65532", 65532),
        timings=timings,
        check=Check(Staged(Candidate(b""), Path(), b""), cold, "after"),
        seconds=140.4,
    )
    return Answer("prove", (Project(dockerfile()),), proof=proof)


def replayed(commits: int) -> Answer:
    """The answer of `replay` over so many commits, with a high peak at one of them in the version after."""
    project = Project(
        b"FROM node:22 AS build\nCOPY . .\nRUN npm ci\nRUN npm run build\nFROM nginx\nCOPY --from=build / /\n"
    )
    after = project.changed(project.dockerfile.source.replace(b"npm ci", b"npm ci --omit=dev"), {})
    made = rewrite(project, all_rules(), levels=APPLIED_WITHOUT_PROOF)
    made = replace(made, after=after)
    return Answer(
        "replay", (project,), rewrite=made, replays=(_replay(commits, 40.0), _replay(commits, 8.0, peak=95.0))
    )


def _replay(commits: int, long: float, peak: float = 0.0) -> Replay:
    names = [
        "FROM node:22",
        "COPY . .",
        "RUN npm ci",
        "RUN npm run build",
        "FROM nginx",
        "COPY --from=build / /",
    ]
    waits: list[tuple[int, ...]] = [(), (0,), (1,), (2,), (), (3, 4)]
    seconds = [0.0, 0.1, long, 2 * long, 0.0, 0.1]
    hits = [1.0, 0.1, 0.9, 0.1, 1.0, 0.1]
    steps = tuple(
        PricedStep(
            f"[{'build' if number < 4 else 'stage-1'} {number % 4 + 1}/4] {name}",
            "build" if number < 4 else "stage-1",
            (number + 1,),
            seconds[number],
            Basis.MEASURED if name.startswith("RUN") else Basis.RULE_OF_THUMB,
            12_000_000 if name == "RUN npm ci" else None,
            dict.fromkeys(SCENARIOS, hits[number]) | {"none": 0.0},
            waits[number],
            seconds[number] / 2,
        )
        for number, name in enumerate(names)
    )
    values = [long * (1 + number % 7 / 3) + number % 11 / 7 for number in range(commits - 1)]
    if peak:
        values[len(values) // 3] = peak * long
    mean = sum(values) / len(values)
    return Replay(
        tuple(f"{number:040x}" for number in range(commits)),
        3,
        steps,
        dict.fromkeys(SCENARIOS, Estimate(mean, 0.9 * mean, 1.1 * mean)),
        dict.fromkeys(SCENARIOS, tuple(values)),
    )


def hostile(command: str = "check") -> Answer:
    """A Dockerfile that wants to be more than text, and a finding that quotes it."""
    project = Project(HOSTILE, path="\udcff</title><script>alert(1)</script>")
    line = project.dockerfile.source.index(b"RUN")
    text = HOSTILE.decode("utf-8", "surrogateescape")
    found = Finding(
        project.dockerfile.instructions[1].span,
        text,
        Saving(5_000_000, 2.5),
        Fix(f"write {text}", safety=Safety.SAFE),
        rule="made-up",
        code="JT000",
        path=project.path,
    )
    assert found.span.start == line
    return Answer(command, (project,), (found,), unproved=text if command != "check" else "")
