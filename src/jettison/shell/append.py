"""One more command at the end of a RUN, on the success path only."""

from __future__ import annotations

from collections.abc import Sequence

from jettison.shell.edits import Outcome, Refusal, confirmed, said, why_not_chain
from jettison.shell.layout import indentation, layout_of, source_of
from jettison.shell.parse import parse_text
from jettison.shell.script import Item, Script
from jettison.spans import Edit, Span

_LENIENT = frozenset(("group", "if", "for", "while", "case"))
"""Compounds that -e does not stop at when a `&&` list or a `!` inside them is what failed."""
_NAMES = {
    "command": "a call of a shell function",
    "pipeline": "a pipeline of compound commands",
    "subshell": "a subshell",
    "group": "a `{ }` group",
    "if": "an `if`",
    "for": "a `for` loop",
    "while": "a `while` loop",
    "case": "a `case`",
    "function": "a function definition",
}


def append_command(script: Script, command: str) -> Outcome:
    """Run `command` after everything else, when and only when everything else has succeeded.

    `command` is shell text on one line, with or without a leading `&&`. Where it succeeds, the script
    ends with the exit status it had before, and `set -e` keeps its meaning for what was there. Refused for a
    `command` that is more than one line of plain shell, as one made of odd names may be.
    """
    command = command.strip().removeprefix("&&").strip()
    added = parse_text(command)
    if "\n" in command or "<<" in command or "#" in command or not (added.ok and added.items):
        return Refusal(f"not one line of plain shell: {command!r}")
    reason = why_not_chain(script) or _why_not(script)
    operator = Refusal(reason) if reason else _operator(script)
    if isinstance(operator, Refusal):
        return operator
    edit = (
        _in_body(script, operator, command)
        if script.form == "heredoc"
        else _in_line(script, operator, command)
    )
    return edit if isinstance(edit, Refusal) else confirmed(script, (edit,), said(script) + said(added))


def _why_not(script: Script) -> str:
    if script.items[-1].background:
        return "the last command runs in the background"
    if script.ends_early:
        return "an exit, exec, return or trap may end the script before its end"
    return ""


def _operator(script: Script) -> str | Refusal:
    """`&&` or `;`, whichever keeps what -e does.

    A `;` needs -e to stop the script at every failure, which it does not do left of `&&` and after `!`.
    A `&&` switches -e off inside a compound that stands left of it.
    """
    last = script.items[-1]
    chain = _last_list(script.items)
    quiet = last.negated or _plain(script, last)
    if script.errexit and not last.negated and (len(chain) == 1 or last.operator == "||"):
        inside = script.text.text[last.start : last.end]
        if last.kind in _LENIENT and ("&&" in inside or "!" in inside):
            return Refusal(f"it ends in {_NAMES[last.kind]}, inside which -e lets a failure pass")
        return "&&" if len(script.items) == 1 and quiet else ";"
    if any(item.operator == "||" for item in chain):
        return Refusal("the last commands are joined by `||`: what follows would run after a failure too")
    unsure = (
        script.errexit or script.shell is None or any(command.name == "set" for command in script.commands)
    )
    if unsure and not quiet:
        return Refusal(f"it ends in {_NAMES[last.kind]}, and a `&&` after it would switch -e off inside it")
    return "&&"


def _in_line(script: Script, operator: str, command: str) -> Edit:
    last = script.items[-1]
    end = script.text.span(last.start, last.end).end
    return Edit(
        Span(end, end), (layout_of(script).join(operator) + command).encode("utf-8", "surrogateescape")
    )


def _in_body(script: Script, operator: str, command: str) -> Edit | Refusal:
    """In a here-document: on the last command's line behind `&&`, or on a line of its own."""
    last = script.items[-1]
    if operator == "&&":
        end = script.text.span(last.start, last.end).end
        return Edit(Span(end, end), f" && {command}".encode("utf-8", "surrogateescape"))
    assert script.instruction is not None
    source = source_of(script)
    document = script.instruction.heredocs[0]
    at = document.body_span.end
    line = source[source.rfind(b"\n", 0, at - 1) + 1 : at]
    if not line.endswith(b"\n") or line.rstrip().endswith(b"\\"):
        return Refusal("the here-document ends in the middle of a line")
    if document.end_span.start == document.end_span.end:
        return Refusal("the here-document has no end")
    indent = indentation(source, script.text.source_offset(last.start))
    return Edit(Span(at, at), f"{indent}{command}\n".encode("utf-8", "surrogateescape"))


def _last_list(items: Sequence[Item]) -> Sequence[Item]:
    """The items of the last `&&`-`||` list."""
    start = max((i for i, item in enumerate(items) if item.operator not in ("&&", "||")), default=0)
    return items[start:]


def _plain(script: Script, item: Item) -> bool:
    """True when there is nothing inside the item for -e to stop: simple commands, no function."""
    if item.kind not in ("command", "pipeline"):
        return False
    context = () if item.kind == "command" else ("pipeline",)
    for command in script.commands:
        if "function" in command.context:
            return False
        inside = item.start <= command.start < item.end and "substitution" not in command.context
        if inside and command.context != context:
            return False
    return True
