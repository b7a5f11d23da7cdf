"""The command line in this process, with rules of our own so that its tests do not hang on the real ones."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

import pytest

from jettison.cli import main
from jettison.findings import Basis, Finding, Fix, Safety, Saving
from jettison.project import Project
from jettison.rules import Rule
from jettison.rules.correctness.parse_error import parse_error
from jettison.spans import Edit

DOC = """It is only here for tests.

What: a word in a RUN.

Why: to see what the command line does with it.

How it is fixed: another word.

When not: never.

References: none.
"""


class Ran(NamedTuple):
    code: int
    out: str
    err: str


Jettison = Callable[..., Ran]


def replacing(word: str, new: str, safety: Safety, saving: Saving) -> Callable[[Project], Iterator[Finding]]:
    def check(project: Project) -> Iterator[Finding]:
        for run in project.dockerfile.instructions:
            if run.keyword == "RUN" and word in project.dockerfile.text(run.span):
                fix = Fix(f"Say {new}", (Edit(run.span, f"RUN {new}".encode()),), safety)
                yield Finding(run.span, f"says {word}", saving, fix)

    check.__doc__ = DOC
    return check


def refusing(project: Project) -> Iterator[Finding]:
    for run in project.dockerfile.instructions:
        if "odd" in project.dockerfile.text(run.span):
            yield Finding(run.span, "says odd", refused="nobody knows what odd means")


def ignoring(project: Project) -> Iterator[Finding]:
    if ".dockerignore" not in project.files and not (project.root / ".dockerignore").exists():
        for stage in project.dockerfile.stages:
            for copy in stage.instructions:
                if copy.keyword == "COPY":
                    fix = Fix("Leave out .git", (), Safety.SAFE, {".dockerignore": b".git\n"})
                    yield Finding(copy.span, "sends .git", Saving(3_000_000, 0, Basis.MEASURED), fix)


def looking(project: Project) -> Iterator[Finding]:
    """Finds nothing, but has the context read."""
    if b"looks" in project.dockerfile.source:
        assert project.context is not None
    yield from ()


looking.__doc__ = refusing.__doc__ = ignoring.__doc__ = DOC

RULES = (
    Rule("parse-error", "JT600", "correctness", parse_error),
    Rule(
        "fake-safe", "FK001", "fake", replacing("bad", "good", Safety.SAFE, Saving(12_000_000)), ("DL9001",)
    ),
    Rule(
        "fake-proven",
        "FK002",
        "fake",
        replacing("slow", "quick", Safety.PROVEN, Saving(0, 41.0, Basis.MODELLED)),
    ),
    Rule("fake-refused", "FK003", "fake", refusing),
    Rule("fake-suggest", "FK004", "fake", replacing("hmm", "aha", Safety.SUGGEST, Saving())),
    Rule("fake-looking", "FK007", "fake", looking),
    Rule("fake-ignore", "FK005", "fake", ignoring),
    Rule("fake-quiet", "FK006", "fake", replacing("whisper", "say", Safety.SAFE, Saving()), default=False),
)


@pytest.fixture
def rules(monkeypatch: pytest.MonkeyPatch) -> tuple[Rule, ...]:
    for module in ("rules", "cli.explain"):
        monkeypatch.setattr(f"jettison.{module}.all_rules", lambda: RULES)
    on = tuple(each for each in RULES if each.default)
    for module in ("rules", "check", "rewrite"):
        monkeypatch.setattr(f"jettison.{module}.default_rules", lambda: on)
    return RULES


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty current folder."""
    monkeypatch.chdir(tmp_path)
    for name in ("NO_COLOR", "TERM"):
        monkeypatch.delenv(name, raising=False)
    return tmp_path


@pytest.fixture
def jettison(rules: tuple[Rule, ...], jettison_itself: Jettison) -> Jettison:
    """Call the command line: `jettison("check", "x")` gives exit code, standard output and standard error."""
    return jettison_itself


@pytest.fixture
def jettison_itself(folder: Path, capfdbinary: pytest.CaptureFixture[bytes]) -> Jettison:
    """The same with the rules that it has, instead of those made up here."""

    def call(*argv: object) -> Ran:
        code = main([str(word) for word in argv])
        out, err = capfdbinary.readouterr()
        return Ran(code, out.decode("utf-8", "surrogateescape"), err.decode("utf-8", "surrogateescape"))

    return call


@pytest.fixture
def dockerfile(folder: Path) -> Callable[..., Path]:
    """Write a Dockerfile: `dockerfile("RUN bad")` puts a FROM before it."""

    def write(*lines: str, name: str = "Dockerfile") -> Path:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(("FROM debian:12", *lines, "")))
        return path

    return write
