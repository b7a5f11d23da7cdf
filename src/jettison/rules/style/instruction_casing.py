"""Instructions are written in different cases."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Edit


@rule("JT622", aliases=("ConsistentInstructionCasing",), default=False)
def instruction_casing(project: Project) -> Iterator[Finding]:
    """Instructions are written in different cases.

    What:
        Instructions some of which are in upper and some in lower case, or in mixed case.

    Why:
        It is harder to read.

    How it is fixed:
        All take the case that most have.

    When not:
        All the same. An ARG before the first FROM, and what stands inside ONBUILD: Docker does not count
        them.

    References:
        https://docs.docker.com/reference/build-checks/consistent-instruction-casing/
    """
    known = [i for stage in project.dockerfile.stages for i in (stage.from_, *stage.instructions)]
    written = [(i, project.dockerfile.text(i.keyword_span)) for i in known if not i.error]
    lower = sum(text.islower() for _, text in written)
    upper = sum(text.isupper() for _, text in written)
    for instruction, text in written:
        wanted = text.lower() if lower > upper else text.upper()
        if text != wanted:
            fix = Fix(f"Write {wanted}", (Edit(instruction.keyword_span, wanted.encode()),), Safety.SAFE)
            yield Finding(instruction.keyword_span, f"{text} is in another case than the others", fix=fix)
