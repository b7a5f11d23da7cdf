"""Two stages have the same name."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import named_stages

_WHY = "which of them COPY --from, FROM and --target mean is for the author to say"


@rule("JT605", aliases=("DuplicateStageName",))
def duplicate_stage_name(project: Project) -> Iterator[Finding]:
    """Two stages have the same name.

    What:
        A stage has the name of an earlier one; upper and lower case are the same.

    Why:
        `COPY --from=name`, `FROM name` and `--target name` mean one of them, and not the one that every
        reader expects.

    How it is fixed:
        By hand: which one each reference means is for the author to say.

    When not:
        Names that only look alike.

    References:
        https://docs.docker.com/reference/build-checks/duplicate-stage-name/
    """
    first: dict[str, int] = {}
    for each in named_stages(project):
        name = each.name.text.lower()
        if name in first:
            message = f"the stage on line {first[name]} is named {name} too"
            yield Finding(each.stage.from_.span, message, refused=_WHY)
        first.setdefault(name, each.stage.from_.start_line)
