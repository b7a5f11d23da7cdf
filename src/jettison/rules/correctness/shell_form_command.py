"""CMD or ENTRYPOINT runs through a shell that it does not need."""

from __future__ import annotations

import posixpath
from collections.abc import Iterator
from typing import NamedTuple

from jettison.context.gopath import clean
from jettison.dockerfile import Instruction
from jettison.dockerfile.edit import replace_args
from jettison.dockerfile.scope import DEFAULT_SHELL
from jettison.facts.bases import Reference, base_facts
from jettison.findings import Allowance, Finding, Fix, Safety
from jettison.project import Project
from jettison.rules import rule
from jettison.rules.copies import from_context
from jettison.shell import Script
from jettison.spans import Edit, Span

_SCRIPTS = (".sh", ".bash", ".py", ".rb", ".pl", ".js")


@rule("JT601", aliases=("JSONArgsRecommended", "DL3025"), order=10)
def shell_form_command(project: Project) -> Iterator[Finding]:
    """CMD or ENTRYPOINT runs through a shell that it does not need.

    What:
        The CMD or ENTRYPOINT that the image starts with is in shell form (`CMD python app.py`), or empty.

    Why:
        Docker runs it as `/bin/sh -c "python app.py"`. Where that shell stays process 1, `docker stop`
        reaches the shell and not the program, which is killed after ten seconds; and the image needs a shell
        at all, so it can never move to a base without one.

    How it is fixed:
        It becomes the exec form, `CMD ["python", "app.py"]`, when it is one plain command: no variable,
        operator, redirection, glob or builtin. A leading `exec` is dropped. The fix is applied without a
        proof when the base image is known to have no ENTRYPOINT, none is set, and SHELL is as Docker sets it;
        else after a real build. With a variable in it, or behind `cd` and the like, `exec` is proposed before
        the last command.

    When not:
        A command that uses the shell for more is left alone: a pipe, a job in the background, a `trap`. A
        shell-form ENTRYPOINT beside a
        CMD: today the CMD is ignored, afterwards it would be arguments. A script without a `#!` line: only a
        shell can start it. A CMD that a later one replaces, or that a shell-form ENTRYPOINT ignores, is not
        looked at.

    References:
        https://docs.docker.com/reference/build-checks/json-args-recommended/
        https://docs.docker.com/reference/dockerfile/#shell-and-exec-form
    """
    started = _started(project)
    if started is None:
        return
    for instruction in (started.entrypoint, started.cmd):
        if instruction is None or instruction.json is not None or instruction.error:
            continue
        if (
            instruction.keyword == "CMD"
            and started.entrypoint is not None
            and started.entrypoint.json is None
        ):
            continue
        yield from _judge(project, started, instruction)


class _Started(NamedTuple):
    """What the image starts with, as far as the Dockerfile says."""

    entrypoint: Instruction | None
    cmd: Instruction | None


def _started(project: Project) -> _Started | None:
    final = project.final_stage
    if final is None or Reference.parse(project.base_of(final)).windows or project.dockerfile.escape != "\\":
        return None
    last = {i.keyword: i for stage in project.shipped for i in stage.instructions}
    return _Started(last.get("ENTRYPOINT"), last.get("CMD"))


def _judge(project: Project, started: _Started, instruction: Instruction) -> Iterator[Finding]:
    from jettison.shell.execform import to_exec

    keyword = instruction.keyword
    if not instruction.args:
        message = f"{keyword} without a command starts a shell that has nothing to do"
        yield Finding(instruction.span, message, refused=f"whether none is meant is not known: {keyword} []")
        return
    script = project.script(instruction)
    message = f"{keyword} runs under a shell, which may keep the stop signal from the program"
    words = to_exec(instruction) if script.ok else None
    if words is None:
        suggestion = _exec_in_front(script) if script.ok and keyword == "CMD" else None
        if suggestion is not None:
            yield Finding(instruction.args_span, message, fix=suggestion)
        return
    refused = _refusal(project, started, instruction, words)
    if refused is not None:
        yield Finding(instruction.args_span, message, refused=refused)
        return
    import json

    new = json.dumps(words, ensure_ascii=False)
    fix = Fix(
        f"Start the program directly: {keyword} {new}",
        (replace_args(instruction, new),),
        _safety(project, started, instruction, words),
        allows=Allowance(config=("Cmd",) if keyword == "CMD" else ("Entrypoint",)),
    )
    yield Finding(instruction.args_span, message, fix=fix)


def _refusal(project: Project, started: _Started, instruction: Instruction, words: list[str]) -> str | None:
    """Why the exec form would not do the same; None when it would."""
    if any("\udc80" <= character <= "\udcff" for word in words for character in word):
        return "it is not UTF-8, which the exec form has to be"
    span = instruction.args_span
    if any(span.start <= comment.span.start < span.end for comment in project.dockerfile.comments):
        return "a comment stands inside it"
    if instruction.keyword == "ENTRYPOINT" and started.cmd is not None:
        line = started.cmd.start_line
        return f"the CMD on line {line} is ignored today and would become arguments of the program"
    script_file = _script_without_interpreter(project, instruction, words[0])
    if script_file is not None:
        return f"{script_file} has no #! line, so only a shell can start it"
    return None


def _script_without_interpreter(project: Project, instruction: Instruction, program: str) -> str | None:
    """The file of the context that this program is in the image, when it is a text without `#!`."""
    if "/" not in program:
        return None
    place = clean(posixpath.join(project.scope(instruction).workdir, program))
    file = from_context(project, place, instruction)
    start = project.context.read(file, 512) if file else b"#!"
    return None if start.startswith(b"#!") or b"\0" in start else file


def _exec_in_front(script: Script) -> Fix | None:
    """`exec` before the last plain command of a chain, where nothing is left for the shell to do after it."""
    items = script.items
    chained = all(item.operator in ("", "&&", ";", "\n") and not item.background for item in items)
    if not items or not chained or script.ends_early:
        return None
    last = items[-1]
    command = next((c for c in script.commands if c.start == last.start), None)
    if last.kind != "command" or last.negated or command is None:
        return None
    if command.wrappers or command.assignments or not command.name:
        return None
    from jettison.facts import load

    if command.name in load("shell")["builtins"]:
        return None
    at = command.words[0].span.start
    return Fix(
        "Let the program take the shell's place: write exec before it", (Edit(Span(at, at), b"exec "),)
    )


def _safety(project: Project, started: _Started, instruction: Instruction, words: list[str]) -> Safety:
    """Safe when nothing but the shell stands between Docker and the program."""
    if instruction.keyword == "ENTRYPOINT" or started.entrypoint is not None:
        return Safety.PROVEN
    stage = project.dockerfile.stage_of(instruction)
    facts = base_facts(Reference.parse(project.base_of(stage)).repository) if stage is not None else None
    if facts is None or facts.entrypoint or project.scope(instruction).shell != DEFAULT_SHELL:
        return Safety.PROVEN
    return Safety.PROVEN if words[0].endswith(_SCRIPTS) else Safety.SAFE
