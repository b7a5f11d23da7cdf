"""FROM is no image with the defaults of its ARGs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.facts import load
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT603", aliases=("InvalidDefaultArgInFrom",))
def invalid_default_arg_in_from(project: Project) -> Iterator[Finding]:
    """FROM is no image with the defaults of its ARGs.

    What:
        A FROM whose name, with the defaults of the ARGs before it, is empty or none of an image: without a
        tag behind its `:`, or with upper-case letters.

    Why:
        The build works only with a --build-arg that nobody who clones the repository knows of.

    How it is fixed:
        Not automatically: a default has to be chosen.

    When not:
        ARGs with a default that makes a name.

    References:
        https://docs.docker.com/reference/build-checks/invalid-default-arg-in-from/
        https://github.com/distribution/reference (the grammar of names)
    """
    if b"$" not in project.dockerfile.source:
        return
    from jettison.dockerfile import expand
    from jettison.dockerfile.stages import global_values

    declared = global_values(project.dockerfile.global_args, {})
    values = dict.fromkeys(load("platform-arguments")["names"], "x") | declared
    for stage in project.dockerfile.stages:
        if "$" not in stage.base or stage.from_.error:
            continue
        found = expand(stage.base, values, stage.from_.escape)
        undeclared = set(found.missing) - set(declared)
        if not found.error and not undeclared and not _is_reference(found.text):
            yield Finding(
                stage.from_.span,
                f"with the defaults of its ARGs this is FROM {found.text or '(nothing)'}, which is no image",
                refused="which default is meant is not known: ARG NAME=value before the first FROM",
            )


def _is_reference(name: str) -> bool:
    """True when it could name an image."""
    part = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
    domain = r"(?:[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/"
    tag, digest = r"(?::\w[\w.-]{0,127})?", r"(?:@[A-Za-z][\w.+-]*:[0-9a-fA-F]{32,})?"
    return re.fullmatch(f"(?:{domain})?{part}(?:/{part})*{tag}{digest}", name, re.ASCII) is not None
