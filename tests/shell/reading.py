"""How the tests of this folder read and change one RUN."""

from __future__ import annotations

from collections.abc import Callable

from jettison.dockerfile import Dockerfile, Instruction, parse
from jettison.shell import Command, Script, parse_run
from jettison.shell.referee import check
from jettison.shell.render import Outcome, Refusal
from jettison.spans import apply


def run_of(dockerfile: Dockerfile) -> Instruction:
    """The first RUN, CMD or ENTRYPOINT, inside ONBUILD too."""
    found = (i.onbuild or i for i in dockerfile.instructions)
    return next(i for i in found if i.keyword in ("RUN", "CMD", "ENTRYPOINT", "HEALTHCHECK"))


def script_of(source: str | bytes, shell: tuple[str, ...] | None = None) -> Script:
    data = source.encode() if isinstance(source, str) else source
    return parse_run(run_of(parse(data)), shell)


def command_of(script: Script, name: str) -> Command:
    return next(command for command in script.commands if command.name == name)


def said(script: Script) -> list[str]:
    """Every command on one line, its words as written."""
    return [" ".join(word.raw for word in command.words) for command in script.commands]


def changed(
    source: str, edit: Callable[[Script], Outcome], shell: tuple[str, ...] | None = None
) -> tuple[str, str]:
    """The Dockerfile after an edit and an empty reason, or the same Dockerfile and the reason.

    Whatever is edited has to satisfy the referee, and the bytes outside the edits stay.
    """
    data = source.encode()
    script = script_of(data, shell)
    outcome = edit(script)
    if isinstance(outcome, Refusal):
        return source, outcome.reason
    result = apply(data, outcome)
    after = script_of(result, shell)
    assert after.ok, after.reason
    if after.form != "json":
        assert check(after.text.text, "bash") is None
    assert len(parse(result).instructions) == len(parse(data).instructions)
    return result.decode(), ""
