"""A variable that nothing defines is used."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from jettison.dockerfile import Instruction, Stage, Word
from jettison.facts.bases import Reference, base_facts
from jettison.findings import Finding
from jettison.project import Project
from jettison.rules import rule

_EXPANDED = frozenset(("ADD", "ARG", "COPY", "ENV", "LABEL", "STOPSIGNAL", "USER", "VOLUME", "WORKDIR"))
_FLAGS = ("chown", "chmod")


@rule("JT602", aliases=("UndefinedVar",))
def undefined_var(project: Project) -> Iterator[Finding]:
    """A variable that nothing defines is used.

    What:
        An ADD, COPY, ENV, LABEL, STOPSIGNAL, USER, VOLUME or WORKDIR uses `$name`, and no ENV
        or ARG of the stage sets it.

    Why:
        Docker puts nothing in its place: `COPY app $HOEM/` copies to `/`. An ARG before the first FROM
        does not count inside a stage until the stage says `ARG name` too.

    How it is fixed:
        By hand: what was meant is not known.

    When not:
        RUN, CMD and ENTRYPOINT: there the shell reads the variable, perhaps after setting it.
        `${name:-default}`. A base image whose variables are not known.

    References:
        https://docs.docker.com/reference/build-checks/undefined-var/
    """
    dockerfile = project.dockerfile
    if b"$" not in dockerfile.source:
        return
    for stage in dockerfile.stages:
        if not _known(project, stage):
            continue
        for instruction in stage.instructions:
            for name in _undefined(project, instruction):
                yield Finding(instruction.span, f"${name} is defined nowhere, so nothing is put in its place")


def _known(project: Project, stage: Stage) -> bool:
    """True for bases that set PATH and nothing else: scratch, and the plain systems of base-images.toml.

    Language and server images set variables that the table does not list, such as PYTHON_VERSION.
    """
    base = Reference.parse(project.base_of(stage))
    facts = base_facts(base.repository)
    return base.repository == "scratch" or (facts is not None and facts.purpose == "system")


def _undefined(project: Project, instruction: Instruction) -> Iterator[str]:
    if instruction.keyword not in _EXPANDED or instruction.error is not None:
        return
    text = project.dockerfile.source[instruction.span.start : instruction.span.end]
    if b"$" not in text:
        return
    scope = project.scope(instruction)
    seen = {"PATH", *scope.args}
    own = {
        pair.key.text: pair.key.span.end + 1 for pair in instruction.pairs() if instruction.keyword == "ARG"
    }
    for word in _words(instruction):
        seen |= {name for name, end in own.items() if end < word.span.start}
        for name in scope.expand(word.text, instruction.escape).missing:
            if name not in seen:
                seen.add(name)
                yield name
    for heredoc in instruction.heredocs:
        if heredoc.expand and instruction.keyword in ("ADD", "COPY"):
            yield from _unset_in(project.dockerfile.text(heredoc.body_span), scope.variables, seen)


def _unset_in(body: str, variables: Mapping[str, str], known: set[str]) -> Iterator[str]:
    """The names that a heredoc asks for; quotes mean nothing there."""
    from jettison.dockerfile.lexer import ExpansionError, Lexer

    lexer = Lexer(body.replace("'", " ").replace('"', " "), variables)
    try:
        lexer.text()
    except ExpansionError:
        return
    yield from (name for name in lexer.missing if name not in known)


def _words(instruction: Instruction) -> Iterator[Word]:
    if instruction.keyword == "ARG":
        yield from (pair.value for pair in instruction.pairs() if pair.value is not None)
    elif pairs := instruction.pairs():
        yield from (word for pair in pairs for word in pair if word is not None)
    else:
        yield from instruction.words
        flags = (flag for flag in instruction.flags if flag.name in _FLAGS)
        yield from (Word(flag.value, flag.value_span) for flag in flags if flag.value)
