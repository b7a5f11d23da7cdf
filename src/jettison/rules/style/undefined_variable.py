"""An instruction uses a variable that nothing sets."""

from __future__ import annotations

from collections.abc import Iterator

from jettison.facts import load
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule

_EXPANDED = ("COPY", "ADD", "WORKDIR", "USER", "EXPOSE", "ENV", "LABEL", "STOPSIGNAL", "VOLUME")
"""Instructions in which Docker itself replaces variables."""


@rule("JT627", aliases=("UndefinedVar",), default=False)
def undefined_variable(project: Project) -> Iterator[Finding]:
    """An instruction uses a variable that nothing sets.

    What:
        A `$NAME` in COPY, ADD, WORKDIR, USER, EXPOSE, ENV, LABEL or STOPSIGNAL that no ARG or ENV of the
        stage sets.

    Why:
        It is empty there: `COPY $SRC /app` copies everything.

    How it is fixed:
        Not automatically: which value is meant is not known.

    When not:
        RUN, CMD and ENTRYPOINT, whose variables the shell may have; names with a default; what a known base
        image sets.

    References:
        https://docs.docker.com/reference/build-checks/undefined-var/
    """
    known = set(load("platform-arguments")["predefined"]) | {"PATH"}
    for stage in project.dockerfile.stages:
        for instruction in stage.instructions:
            if instruction.keyword not in _EXPANDED or "$" not in instruction.args or instruction.error:
                continue
            scope = project.scope(instruction)
            words = [w.text for w in instruction.words]
            if instruction.keyword in ("ENV", "LABEL", "ARG"):
                words = [pair.value.text for pair in instruction.pairs() if pair.value]
            missing = [name for word in words for name in scope.expand(word, instruction.escape).missing]
            for name in dict.fromkeys(missing):
                if name not in known and name not in scope.args and not _defaulted(name, words):
                    yield Finding(
                        instruction.span,
                        f"${name} is set by no ARG or ENV, so it is empty here",
                        refused="which value is meant is not known",
                    )


def _defaulted(name: str, words: list[str]) -> bool:
    """True when a word says what stands in for the variable."""
    return any(f"${{{name}{mark}" in word for word in words for mark in (":-", ":+", "-", "+", ":?", "?"))
