"""USER is a name, whose number the cluster cannot see."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT669", aliases=("DL3066",), default=False)
def numeric_user(project: Project) -> Iterator[Finding]:
    """USER is a name, whose number the cluster cannot see.

    What:
        A last USER by name in the stage that ships.

    Why:
        Kubernetes refuses runAsNonRoot for a name: it cannot see whether it is root.

    How it is fixed:
        Not automatically: the number of the user is not known here.

    When not:
        Numbers, also those that a variable holds by default.

    References:
        https://github.com/hadolint/hadolint/wiki/DL3066
    """
    stage = project.final_stage
    users = [i for i in stage.instructions if i.keyword == "USER" and not i.error] if stage else []
    if users:
        written = users[-1].args.strip()
        name = project.scope(users[-1]).expand(written, users[-1].escape).text.partition(":")[0] or written
        if not name.isdigit():
            yield Finding(
                users[-1].span,
                f"a cluster cannot see whether {name} is root",
                refused="the number of the user is not known here",
            )
