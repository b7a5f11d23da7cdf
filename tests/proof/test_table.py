"""The table that people see, to the letter."""

from __future__ import annotations

from pathlib import Path

import pytest

from jettison.build import BuildRecord
from jettison.findings import Basis
from jettison.proof import Candidate, Change, Check, Dropped, Measured, Proof, Reason, Result, Timing, Verdict
from jettison.proof.behaviour import Comparison, TrialReport
from jettison.proof.filesystem import Explained, TreeReport
from jettison.proof.imageconfig import ConfigDifference
from jettison.proof.mask import Masking
from jettison.proof.sizes import Sizes
from jettison.proof.staging import Staged
from jettison.proof.table import markdown, text

BEFORE = Measured(Sizes(304_400_000, 1_863_600_000, 9), "sha256:b", "", 0)
AFTER = Measured(Sizes(3_140_000, 8_704_000, 3), "sha256:a", "65532", 65532)
TIMINGS = (
    Timing("cold", (25.0, 27.0), (20.0, 22.0)),
    Timing("code-edit", (22.5,), (2.05,)),
    Timing("unchanged", (0.5, 0.6), (0.55, 0.54)),
    Timing("dependency-edit", missing="no dependency manifest is known"),
    Timing("ci", (25.0, 27.0), (20.0, 22.0)),
    Timing("ci-cache", (2.5,), (2.1,), note="mode=max, local folder"),
)
ONE = Masking(1, 0, 0)
TRIAL = TrialReport(
    "start",
    (
        Comparison("run", True, "stays up", ONE),
        Comparison("GET :8080/ status", True, "200", ONE),
        Comparison("GET :8080/ body", True, "Hello", Masking(3, 1, 1)),
    ),
)
CHECK = Check(
    Staged(Candidate(b""), Path(), b""),
    BuildRecord(True, 20.0),
    "after",
    config=(
        ConfigDifference("Cmd", '["a"]', '["b"]', "stages"),
        ConfigDifference("Env.A", '"1"', "", "stages"),
    ),
    tree=TreeReport(
        1392,
        (Explained("stages", "vanished", 28950, 843_400_000, ("/usr/local/go",)),),
        (Explained("logs", "changed", 2, 10, ("/var/log/x",)),),
    ),
    trials=(TRIAL,),
)
PROOF = Proof(
    Verdict(Result.PASSED),
    BEFORE,
    AFTER,
    timings=TIMINGS,
    check=CHECK,
    dropped=(Dropped(Change("exec-form", "CMD as a list"), "it does not build: no such file"),),
    notes=("something stayed",),
    seconds=140.4,
    size_budget=10_000_000,
)

TEXT = """\
                                   before      after
image on disk                    1,864 MB     8.7 MB  214x smaller
image to pull                    304.4 MB     3.1 MB  96.9x smaller
layers                                  9          3
runs as                             uid 0  uid 65532
cold build                         26.0 s     21.0 s  1.2x faster
rebuild after a code edit          22.5 s      2.0 s  11.0x faster
rebuild, nothing changed           0.55 s     0.55 s  same
rebuild after a dependency edit  not measured: no dependency manifest is known
cold CI, no cache                  26.0 s     21.0 s  1.2x faster
cold CI, registry cache             2.5 s      2.1 s  1.2x faster

behaviour, start: same (GET :8080/ status 200; GET :8080/ body Hello; 3 of 3 things equal, \
2 of 5 lines vary by themselves and were masked)
files: 1,392 equal; 28,950 vanished (stages, 843.4 MB); 2 vary by themselves and were masked
config: Cmd, Env.A as stages says
a CI cache (mode=max, local folder) makes a cold build 10.0x faster after: 2.1 s instead of 21.0 s
times: measured here, medians of 1 to 2 runs, before and after in turn
dropped exec-form (CMD as a list): it does not build: no such file
size budget: 8.7 MB is within 10.0 MB
note: something stayed
proved: nothing changed but what the changes name (140 s)
"""


def test_text() -> None:
    assert text(PROOF) == TEXT


def test_markdown() -> None:
    lines = markdown(PROOF).splitlines()
    assert lines[:3] == [
        "| | before | after | factor |",
        "|---|---:|---:|---:|",
        "| image on disk | 1,864 MB | 8.7 MB | 214x smaller |",
    ]
    assert (
        "| rebuild after a dependency edit |  |  | not measured: no dependency manifest is known |" in lines
    )
    assert lines[-1].startswith("- proved")


def test_a_failed_proof_shows_the_evidence() -> None:
    reasons = (Reason("it behaves differently (start)", ("GET :80/ body: line 1: expected 'a',\ngot 'b'",)),)
    shown = text(Proof(Verdict(Result.FAILED, reasons), BEFORE, seconds=3))
    assert shown.splitlines()[-4:] == [
        "not proved (3 s)",
        "  it behaves differently (start):",
        "    GET :80/ body: line 1: expected 'a',",
        "    got 'b'",
    ]
    assert shown.splitlines()[1].split() == ["image", "on", "disk", "1,864", "MB", "-"]


@pytest.mark.parametrize("compressed", [None, 5_000_000])
def test_sizes_that_are_not_measured_say_so(compressed: int | None) -> None:
    sizes = Sizes(compressed, 10, 1, Basis.MODELLED)
    shown = text(Proof(Verdict(Result.PASSED), Measured(sizes, "", ""), Measured(sizes, "", "")))
    assert "image to pull (modelled)" in shown
    assert ("not measured: the engine keeps no compressed layers" in shown) is (compressed is None)
