"""Instructions are written in upper and in lower case."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import respell, spelling


@rule("JT615", aliases=("ConsistentInstructionCasing",), default=False)
def consistent_instruction_casing(project: Project) -> Iterator[Finding]:
    """Instructions are written in upper and in lower case.

    What:
        A keyword is not in the case that most keywords of the file have; with as many of each, upper
        case counts.

    Why:
        Keywords in one spelling are easier to find.

    How it is fixed:
        The keyword takes the case of the majority.

    When not:
        ARG before the first FROM, and what stands inside ONBUILD: Docker does not count them.

    References:
        https://docs.docker.com/reference/build-checks/consistent-instruction-casing/
    """
    every = [each for stage in project.dockerfile.stages for each in (stage.from_, *stage.instructions)]
    words = [(each, spelling(project, each)) for each in every if each.error is None]
    lower = sum(word == word.lower() for _, word in words)
    upper = sum(word == word.upper() for _, word in words)
    majority = "lower" if lower > upper else "upper"
    for each, word in words:
        if word != (word.lower() if lower > upper else word.upper()):
            edit = respell(project, each.keyword_span, lower > upper)
            fix = Fix(f"Write it in {majority} case", (edit,), Safety.SAFE)
            yield Finding(each.keyword_span, f"{word} is not in {majority} case as most are", fix=fix)
