"""An instruction uses a variable that nothing sets."""

from __future__ import annotations

import re
from collections.abc import Iterator

from jettison.dockerfile import Instruction
from jettison.dockerfile.scope import Scope
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.basevariables import sets_path_alone

_EXPANDED = frozenset((
    "ADD", "ARG", "COPY", "ENV", "LABEL", "RUN", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR",
))  # fmt: skip
"""Instructions in which Docker itself replaces variables and notes those that are missing: it does not for
EXPOSE, and of a RUN only in its mounts."""

_FLAGS = frozenset(("checksum", "chmod", "chown"))


@rule("JT627", aliases=("UndefinedVar",), default=False)
def undefined_variable(project: Project) -> Iterator[Finding]:
    """An instruction uses a variable that nothing sets.

    What:
        A `$NAME` in ADD, ARG, COPY, ENV, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR, in their flags, in a
        file that COPY or ADD writes from a heredoc, or in the mounts of a RUN, that no ARG or ENV sets
        before. `${NAME:-x}` too: the x always counts, and no --build-arg changes it.

    Why:
        It is empty there: `COPY $SRC /app` copies everything. An ARG before the first FROM is none of the
        stage's until the stage says `ARG NAME` too.

    How it is fixed:
        Not automatically: which value is meant is not known.

    When not:
        RUN, CMD and ENTRYPOINT, whose variables the shell may have. Base images that set more than PATH, or
        that are not known.

    References:
        https://docs.docker.com/reference/build-checks/undefined-var/
        BuildKit frontend/dockerfile/dockerfile2llb/convert.go (dispatch, dispatchArg)
    """
    if b"$" not in project.dockerfile.source:
        return
    for stage in project.dockerfile.stages:
        using = [i for i in stage.instructions if i.keyword in _EXPANDED and _has_dollar(project, i)]
        if using and sets_path_alone(project, stage):
            for instruction in using:
                for name, word in _undefined(project, instruction).items():
                    so = "its default always counts" if _has_default(name, word) else "it is empty"
                    yield Finding(
                        instruction.span,
                        f"${name} is set by no ARG or ENV, so {so} here",
                        refused="which value is meant is not known",
                    )


def _has_dollar(project: Project, instruction: Instruction) -> bool:
    return not instruction.error and project.dockerfile.source.find(b"$", *instruction.span) >= 0


def _has_default(name: str, word: str) -> bool:
    return re.search(rf"\$\{{{re.escape(name)}:?[-+]", word) is not None


def _undefined(project: Project, instruction: Instruction) -> dict[str, str]:
    """The names without a value, each with the word that asks for it."""
    scope = project.scope(instruction)
    known = {"PATH", *scope.args}
    found: dict[str, str] = {}
    for word, own in _words(instruction):
        for name in scope.expand(word, instruction.escape).missing:
            if name not in known:
                found.setdefault(name, word)
        known |= own
    for heredoc in instruction.heredocs:
        if heredoc.expand and instruction.keyword in ("ADD", "COPY"):
            body = project.dockerfile.text(heredoc.body_span)
            for name in _missing(body, scope):
                if name not in known:
                    found.setdefault(name, body)
    return found


def _words(instruction: Instruction) -> Iterator[tuple[str, set[str]]]:
    """Every word that Docker expands, and the names that are set for the words after it."""
    if instruction.keyword == "RUN":
        for mount in instruction.mounts:
            yield from ((value, set()) for key, value in mount.options.items() if key != "from")
        return
    for pair in instruction.pairs():
        if instruction.keyword == "ARG":
            yield pair.value.text if pair.value else "", {pair.key.text}
        else:
            yield from ((word.text, set()) for word in pair if word is not None)
    if instruction.pairs():
        return
    openings = {heredoc.start_span for heredoc in instruction.heredocs}
    yield from ((word.text, set()) for word in instruction.words if word.span not in openings)
    yield from ((flag.value, set()) for flag in instruction.flags if flag.name in _FLAGS and flag.value)


def _missing(body: str, scope: Scope) -> list[str]:
    """The names without a value that a heredoc asks for; quotes mean nothing there."""
    from jettison.dockerfile.lexer import ExpansionError, Lexer

    lexer = Lexer(body.replace("'", " ").replace('"', " "), scope.variables)
    try:
        lexer.text()
    except ExpansionError:
        return []
    return list(lexer.missing)
