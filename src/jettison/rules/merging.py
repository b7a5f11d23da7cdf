"""Neighbouring RUNs made one, where the shell cannot tell the difference."""

from __future__ import annotations

from itertools import pairwise

from jettison.dockerfile import Instruction
from jettison.project import Project
from jettison.shell import Script
from jettison.shell.layout import layout_of
from jettison.shell.render import Refusal
from jettison.spans import Edit, Span

_STATE = frozenset(
    (
        *(
            "cd",
            "pushd",
            "popd",
            "export",
            "set",
            "unset",
            "source",
            ".",
            "umask",
            "alias",
            "unalias",
            "trap",
        ),
        *("exec", "exit", "return", "eval", "ulimit", "shopt", "readonly", "declare", "typeset", "local"),
        *("wait", "shift"),
    )
)
"""Builtins after which the shell of the next RUN would not be a fresh one."""


def merge(project: Project, runs: list[Instruction]) -> tuple[Edit, ...] | Refusal:
    """Edits that join consecutive RUNs with `&&`, comments between them kept.

    Each has to be a plain chain of `&&`, and all but the last must leave the shell as they found it.
    """
    dockerfile = project.dockerfile
    edits = []
    for run, following in pairwise(runs):
        reason = why_not_chained(project.script(run), last=False) or why_not_chained(
            project.script(following), last=following is runs[-1]
        )
        if reason or run.flags or following.flags:
            return Refusal(reason or "a RUN has flags of its own")
        gap = dockerfile.source[run.span.end : following.span.start]
        lines = [line.rstrip() for line in gap.split(b"\n")]
        if any(line.strip() and not line.lstrip().startswith(b"#") for line in lines):
            return Refusal(f"line {following.start_line} does not follow line {run.start_line} directly")
        edits.append(_join(project, run, following, [line for line in lines if line.strip()]))
    return tuple(edits)


def _join(project: Project, run: Instruction, following: Instruction, comments: list[bytes]) -> Edit:
    script = project.script(run)
    layout = layout_of(script)
    newline = project.dockerfile.newline
    indent = layout.break_.rpartition("\n")[2] if layout.break_ else "    "
    broken = b" " + run.escape.encode() + newline
    between = b"".join(comment + newline for comment in comments)
    text = broken + between + indent.encode() + b"&& "
    return Edit(Span(run.content_end, following.args_span.start), text)


def why_not_chained(script: Script, *, last: bool) -> str:
    """Why a RUN cannot stand in one chain with others; "" when it can."""
    assert script.instruction is not None
    line = script.instruction.start_line
    if not script.ok or script.form != "shell" or script.instruction.heredocs or not script.items:
        return f"the RUN on line {line} is no plain chain of commands"
    if script.text.text[script.items[-1].end :].strip():
        return f"a comment ends the RUN on line {line}"
    if any(item.operator not in ("", "&&") or item.background or item.negated for item in script.items):
        return f"the commands on line {line} are not all joined by &&"
    if last:
        return ""
    if script.ends_early or script.errexit:
        return f"the RUN on line {line} changes how its shell goes on"
    for command in script.commands:
        if "subshell" in command.context or "substitution" in command.context:
            continue
        if command.name in _STATE or not command.words or "function" in command.context:
            return f"the RUN on line {line} changes its shell ({command.name or 'a variable'})"
    return ""
