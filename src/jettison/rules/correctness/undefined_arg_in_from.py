"""FROM uses an ARG that is not declared."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import PLATFORM_ARGS


@rule("JT603", aliases=("UndefinedArgInFrom",))
def undefined_arg_in_from(project: Project) -> Iterator[Finding]:
    """FROM uses an ARG that is not declared.

    What:
        A FROM or its `--platform` uses `$name`, and no ARG before the first FROM declares it.

    Why:
        Only those ARGs count in a FROM; one inside a stage does not. The build stops, or takes another
        image than was meant.

    How it is fixed:
        By hand: what was meant is not known.

    When not:
        The platform arguments that Docker sets itself, and `${name:-default}`.

    References:
        https://docs.docker.com/reference/build-checks/undefined-arg-in-from/
    """
    if b"$" not in project.dockerfile.source:
        return
    for stage in project.dockerfile.stages:
        declared = {*PLATFORM_ARGS, *project.scope(stage.from_).args}
        flag = stage.from_.flag("platform")
        texts = (stage.base, flag.value or "") if flag is not None else (stage.base,)
        seen = set()
        for text in texts:
            for name in project.scope(stage.from_).expand(text, stage.from_.escape).missing:
                if name not in declared and name not in seen:
                    seen.add(name)
                    yield Finding(stage.from_.span, f"no ARG before the first FROM declares ${name}")
