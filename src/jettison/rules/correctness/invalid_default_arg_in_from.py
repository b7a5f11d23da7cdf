"""FROM is no image with the defaults of its ARGs."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT603", aliases=("InvalidDefaultArgInFrom",))
def invalid_default_arg_in_from(project: Project) -> Iterator[Finding]:
    """FROM is no image with the defaults of its ARGs.

    What:
        A FROM whose name, with the defaults of the ARGs before it, is empty or ends in `:` or `@`.

    Why:
        The build works only with a --build-arg that nobody who clones the repository knows of.

    How it is fixed:
        Not automatically: a default has to be chosen.

    When not:
        ARGs with a default that makes a name.

    References:
        https://docs.docker.com/reference/build-checks/invalid-default-arg-in-from/
    """
    for stage in project.dockerfile.stages:
        if "$" not in stage.base:
            continue
        found = project.scope(stage.from_).expand(stage.base)
        declared = {pair.key.text for arg in project.dockerfile.global_args for pair in arg.pairs()}
        if any(name not in declared for name in found.missing) or found.error:
            continue
        if not found.text or found.text.endswith((":", "@", "/")) or found.text.startswith((":", "/")):
            yield Finding(
                stage.from_.span,
                f"with the defaults of its ARGs this is FROM {found.text or '(nothing)'}, which is no image",
                refused="which default is meant is not known: ARG NAME=value before the first FROM",
            )
