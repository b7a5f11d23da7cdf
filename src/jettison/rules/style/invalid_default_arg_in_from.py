"""FROM names no image unless a build argument is given."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.buildchecks import PLATFORM_ARGS, is_reference


@rule("JT604", aliases=("InvalidDefaultArgInFrom",), default=False)
def invalid_default_arg_in_from(project: Project) -> Iterator[Finding]:
    """FROM names no image unless a build argument is given.

    What:
        An ARG that a FROM uses has no default, and without one the name of the image is empty or
        malformed.

    Why:
        A build without `--build-arg` stops. Where that is meant, as in a file that is always built by a
        script, leave it.

    How it is fixed:
        By hand: which default is right is not known.

    When not:
        The name is still good without the ARG: `FROM debian:12${SUFFIX}`.

    References:
        https://docs.docker.com/reference/build-checks/invalid-default-arg-in-from/
    """
    if b"$" not in project.dockerfile.source:
        return
    from jettison.dockerfile import expand
    from jettison.dockerfile.stages import global_values

    dockerfile = project.dockerfile
    values = {**dict.fromkeys(PLATFORM_ARGS, "x"), **global_values(dockerfile.global_args, {})}
    for stage in dockerfile.stages:
        if stage.from_.error is not None:
            continue
        name = expand(stage.base, values, stage.from_.escape).text
        if not is_reference(name):
            message = f"without build arguments {stage.base} is {name or 'empty'}, which names no image"
            yield Finding(stage.from_.words[0].span, message)
