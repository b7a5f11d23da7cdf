"""A stage name has upper-case letters."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.spans import Edit


@rule("JT620", aliases=("StageNameCasing",), default=False)
def stage_name_casing(project: Project) -> Iterator[Finding]:
    """A stage name has upper-case letters.

    What:
        A name after AS that is not all lower case.

    Why:
        Docker compares the names in lower case and shows them so.

    How it is fixed:
        The name is written in lower case; references to it are found in any case.

    When not:
        Names in lower case.

    References:
        https://docs.docker.com/reference/build-checks/stage-name-casing/
    """
    for stage in project.dockerfile.stages:
        words = stage.from_.words
        if len(words) == 3 and not stage.from_.error and words[2].text != words[2].text.lower():
            name = words[2]
            edit = Edit(name.span, name.text.lower().encode("utf-8", "surrogateescape"))
            fix = Fix("Write the name in lower case", (edit,), Safety.SAFE)
            yield Finding(name.span, f"the stage {name.text} is {name.text.lower()} for Docker", fix=fix)
