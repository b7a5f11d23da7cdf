"""FROM uses a variable that no ARG declares."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.dockerfile import Stage
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
        The variable is empty there, so the name of the image is another one, or none: the build fails. With a
        default (`${NAME:-x}`) the build works, and no --build-arg changes what it takes.

    How it is fixed:
        Not automatically: which value is meant is not known. A declared name that is spelt nearly the same is
        told.

    When not:
        The platform arguments that the builder sets by itself, such as TARGETPLATFORM and BUILDPLATFORM.

    References:
        https://docs.docker.com/reference/build-checks/undefined-arg-in-from/
    """
    if b"$" not in project.dockerfile.source:
        return
    declared = {pair.key.text for arg in project.dockerfile.global_args for pair in arg.pairs()}
    known = declared | set(load("platform-arguments")["names"])
    for stage in project.dockerfile.stages:
        for name, text in _missing(project, stage).items():
            if name not in known:
                yield Finding(
                    stage.from_.span,
                    f"${name} is declared by no ARG before the first FROM, so {_result(name, text)}",
                    refused=_hint(name, declared),
                )


def _missing(project: Project, stage: Stage) -> dict[str, str]:
    """The names without a value that a FROM asks for, each with what its word comes to."""
    scope = project.scope(stage.from_)
    found: dict[str, str] = {}
    for word in (stage.platform or "", stage.base):
        expanded = scope.expand(word, stage.from_.escape)
        default = {name: expanded.text for name in expanded.missing if f"{{{name}:" in word}
        found |= {name: default.get(name, "") for name in expanded.missing}
    return found


def _result(name: str, text: str) -> str:
    return f"no --build-arg changes what this is: {text}" if text else "it is empty here"


def _hint(name: str, declared: set[str]) -> str:
    import difflib

    near = difflib.get_close_matches(name, sorted(declared), 1)
    return f"is ${near[0]} meant?" if near else "which value is meant is not known"
