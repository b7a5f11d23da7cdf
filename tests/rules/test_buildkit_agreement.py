"""Our rules against `docker build --check`: the cases of every rule that has one of its checks as alias."""

from __future__ import annotations

import json
import re
import subprocess
from pathlib import Path
from typing import NamedTuple

import pytest

from jettison.casefile import Case, read_cases
from jettison.check import check
from jettison.project import Project
from jettison.rules import all_rules

CASES = Path(__file__).parents[1] / "cases"
BASE = "debian:bookworm-slim"

REASONS = {
    ("JSONArgsRecommended", True): "the command needs a shell, or a later one replaces it",
    ("SecretsUsedInArgOrEnv", True): "the value is a placeholder, or the name says where a secret is",
    ("SecretsUsedInArgOrEnv", False): "the value itself is a token, whatever its name",
    ("FromPlatformFlagConstDisallowed", True): "the stage is named after its platform",
    ("RedundantTargetPlatform", True): "an ARG gives the platform another value",
    ("UndefinedVar", True): "the base image may set it",
    ("InvalidDefinitionDescription", False): "Docker makes it only where a directive asks for experiments",
}
"""By check and by whether BuildKit speaks: why ours does not, or does."""


class Difference(NamedTuple):
    """One case and one check on which only one of both speaks."""

    case: str
    check: str
    buildkit: bool


def claimed() -> set[str]:
    return {
        a
        for rule in all_rules()
        for a in rule.aliases
        if re.fullmatch(r"([A-Z][a-z]+){2,}\w*|JSONArgs\w+", a)
    }


def comparable(case: Case) -> bool:
    """BuildKit resolves the images that are named: only those that are here can be asked about."""
    text = case.source.decode()
    bases = re.findall(r"^\s*from\s+(?:--\S+\s+)?(\S+)", text, re.M | re.I)
    names = re.findall(r"\s+as\s+(\S+)\s*$", text, re.M | re.I)
    known = {BASE, "scratch", *names, *(name.lower() for name in names)}
    return (
        bool(bases)
        and all(base in known for base in bases)
        and "syntax=" not in text
        and "--from=" not in text
    )


def asked(case: Case, folder: Path) -> set[str] | None:
    """The checks that BuildKit reports; None when it gives up before it has looked at everything."""
    for path, content in case.files.items():
        if not path.endswith("/"):
            (folder / path).parent.mkdir(parents=True, exist_ok=True)
            (folder / path).write_bytes(content)
    (folder / "Dockerfile").write_bytes(case.source)
    command = ["docker", "buildx", "build", "--call=check,format=json", str(folder)]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
    try:
        answer = json.loads(done.stdout[: done.stdout.rindex("}") + 1])
    except ValueError:
        return None
    if answer.get("buildError"):
        return None
    return {warning["ruleName"] for warning in answer.get("warnings") or ()}


@pytest.mark.e2e
def test_ours_agree_with_the_builder(engine, tmp_path):
    """On every comparable case, at least 98 % of (case, check) pairs, each difference with a reason."""
    rules = [rule for rule in all_rules() if claimed() & set(rule.aliases)]
    compared, differ = 0, []
    for file in sorted(CASES.glob("*.md")):
        if not any(rule.name == file.stem for rule in rules):
            continue
        for number, case in enumerate(read_cases(file)):
            folder = tmp_path / f"{file.stem}-{number}"
            folder.mkdir()
            theirs = asked(case, folder) if comparable(case) else None
            if theirs is None:
                continue
            project = Project(case.source, root=folder, file=folder / "Dockerfile")
            ours = {alias for finding in check(project, rules) for alias in finding.aliases}
            compared += len(claimed())
            name = f"{case.rule}: {case.title}"
            differ += [Difference(name, c, c in theirs) for c in claimed() if (c in theirs) != (c in ours)]
    assert compared > 400
    assert len(differ) <= 0.02 * compared, differ
    unexplained = [each for each in differ if (each.check, each.buildkit) not in REASONS]
    assert not unexplained
