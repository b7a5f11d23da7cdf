"""The name of a stage is not in lower case."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import named_stages, respell


@rule("JT613", aliases=("StageNameCasing",), default=False)
def stage_name_casing(project: Project) -> Iterator[Finding]:
    """The name of a stage is not in lower case.

    What:
        A FROM has `AS Builder`.

    Why:
        Docker keeps the name in lower case, and `FROM Builder` then looks for an image of that name.

    How it is fixed:
        The name is written in lower case where it is given. Docker does the same, so nothing else
        changes.

    When not:
        Names in lower case.

    References:
        https://docs.docker.com/reference/build-checks/stage-name-casing/
    """
    for each in named_stages(project):
        text = each.name.text
        if text != text.lower():
            fix = Fix(f"Write {text.lower()}", (respell(project, each.name.span, lower=True),), Safety.SAFE)
            yield Finding(each.name.span, f"Docker keeps the stage name {text} in lower case", fix=fix)
