"""FROM uses a variable that no ARG declares."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.facts import load
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule


@rule("JT602", aliases=("UndefinedArgInFrom",))
def undefined_arg_in_from(project: Project) -> Iterator[Finding]:
    """FROM uses a variable that no ARG declares.

    What:
        A FROM with `$NAME` or `--platform=$NAME` where no ARG before the first FROM declares NAME.

    Why:
        The variable is empty there, so the name of the image is another one, or none: the build fails.

    How it is fixed:
        Not automatically: which value is meant is not known. A declared name that is spelt nearly the same is
        told.

    When not:
        The platform arguments that the builder sets by itself, such as TARGETPLATFORM and BUILDPLATFORM, and
        names with a default (`${NAME:-x}`).

    References:
        https://docs.docker.com/reference/build-checks/undefined-arg-in-from/
    """
    declared = {pair.key.text for arg in project.dockerfile.global_args for pair in arg.pairs()}
    known = declared | set(project.build_args) | set(load("platform-arguments")["names"])
    for stage in project.dockerfile.stages:
        text = " ".join([stage.platform or "", stage.base])
        for name in dict.fromkeys(re.findall(r"\$(?:\{(\w+)\}|(\w+))", text)):
            used = name[0] or name[1]
            if used not in known:
                yield Finding(
                    stage.from_.span,
                    f"${used} is declared by no ARG before the first FROM, so it is empty here",
                    refused=_hint(used, declared),
                )


def _hint(name: str, declared: set[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, sorted(declared), 1)
    return f"is ${near[0]} meant?" if near else "which value is meant is not known"
