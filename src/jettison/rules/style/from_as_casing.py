"""FROM and AS are written in different cases."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Edit


@rule("JT621", aliases=("FromAsCasing",), default=False)
def from_as_casing(project: Project) -> Iterator[Finding]:
    """FROM and AS are written in different cases.

    What:
        `FROM x as y` or `from x AS y`.

    Why:
        It reads as if the two were different things.

    How it is fixed:
        AS takes the case of FROM.

    When not:
        The same case.

    References:
        https://docs.docker.com/reference/build-checks/from-as-casing/
    """
    for stage in project.dockerfile.stages:
        words = stage.from_.words
        if len(words) != 3:
            continue
        keyword = project.dockerfile.text(stage.from_.keyword_span)
        written = words[1].text
        wanted = "as" if keyword == keyword.lower() else "AS"
        if written != wanted and (keyword.isupper() or keyword.islower()):
            fix = Fix(f"Write {wanted}", (Edit(words[1].span, wanted.encode()),), Safety.SAFE)
            yield Finding(words[1].span, f"{keyword} and {written} are in different cases", fix=fix)
