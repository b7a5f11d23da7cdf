"""One command less in the chain of a RUN; the comments around it stay."""

from __future__ import annotations

from jettison.shell.edits import Outcome, Refusal, confirmed, why_not_chain
from jettison.shell.layout import has_comment, source_of
from jettison.shell.script import Command, Script
from jettison.spans import Edit, Span

_STATE = frozenset(
    ("cd", "set", "export", ".", "source", "umask", "alias", "trap", "exec", "exit", "eval", "unset", "shift",
     "readonly", "ulimit", "return", "local", "declare", "typeset", "pushd", "popd", "shopt", "read", "wait")
)  # fmt: skip
"""Builtins that change what later commands of the same shell do."""


def remove_command(script: Script, command: Command) -> Outcome:
    """Take one top-level command out of a chain, with the operator that joined it."""
    reason = why_not_chain(script) or _why_not(script, command)
    if reason:
        return Refusal(reason)
    index = _index(script, command)
    edits = _last(script) if index == len(script.items) - 1 else _before_another(script, index)
    if isinstance(edits, Refusal):
        return edits
    expected = [tuple(w.raw for w in c.words) for c in script.commands if c is not command]
    return confirmed(script, edits, expected)


def _index(script: Script, command: Command) -> int:
    return next((i for i, item in enumerate(script.items) if item.start == command.start), -1)


def _why_not(script: Script, command: Command) -> str:
    items = script.items
    index = _index(script, command)
    if command.context or not command.unconditional or index < 0 or items[index].kind != "command":
        return "it does not stand in the chain of commands that always run"
    if len(items) == 1:
        return "it is the only command"
    last = index == len(items) - 1
    around = {items[index].operator, "" if last else items[index + 1].operator}
    if around & {"||", "&"}:
        return "it is joined to its neighbours by `||` or `&`"
    if "&&" in around and not command.must_succeed:
        return "a neighbour depends on whether it succeeds"
    if last and items[index].operator != "&&" and not script.errexit:
        return "its exit status is the one of the whole RUN"
    return _side_effect(script, command)


def _side_effect(script: Script, command: Command) -> str:
    if command.name in _STATE or not command.words:
        return "later commands depend on it"
    if any(c is not command and command.start <= c.start < command.end for c in script.commands):
        return "it runs other commands inside its words"
    for redirect in command.redirects:
        target = redirect.target.text if redirect.target else None
        if target != "/dev/null" and not (redirect.operator.endswith("&") and (target or "").isdigit()):
            return "it reads or writes a file through a redirection"
    if has_comment(source_of(script), command.span):
        return "a comment stands inside it"
    return ""


def _before_another(script: Script, index: int) -> tuple[Edit, ...] | Refusal:
    source = source_of(script)
    item, following = script.items[index], script.items[index + 1]
    here = script.text.span(item.start, item.end)
    upto = script.text.source_offset(following.start)
    if b"#" not in source[here.end : upto]:
        return (Edit(Span(here.start, upto), b""),)
    line = Span(source.rfind(b"\n", 0, here.start) + 1, source.find(b"\n", here.end) + 1)
    if index and _alone(script, index, line, here):
        return (Edit(line, b""),)
    operator = script.links[index].span
    if index == 0 and script.form != "heredoc":
        blanks = [source[span.end : span.end + 1] == b" " for span in (here, operator)]
        return tuple(
            Edit(Span(s.start, s.end + b), b"") for s, b in zip((here, operator), blanks, strict=True)
        )
    return Refusal("comments stand between it and the next command")


def _alone(script: Script, index: int, line: Span, here: Span) -> bool:
    """True when the command, with exactly one of the operators around it, has its lines to itself."""
    source = source_of(script)
    assert script.instruction is not None
    before, after = source[line.start : here.start].strip(), source[here.end : line.end].strip()
    ends = (b"",) if script.form == "heredoc" else (script.instruction.escape.encode(),)
    if after in ends:
        return before == script.items[index].operator.strip().encode()
    operator = script.items[index + 1].operator.encode()
    return not before and after.startswith(operator) and after[len(operator) :].strip() in ends


def _last(script: Script) -> tuple[Edit, ...] | Refusal:
    source = source_of(script)
    previous, item = script.items[-2:]
    start = script.text.span(previous.start, previous.end).end
    here = script.text.span(item.start, item.end)
    if b"#" not in source[start : here.start]:
        return (Edit(Span(start, here.end), b""),)
    first = _line_end(source, source.find(b"\n", start))
    last = _line_end(source, source.rfind(b"\n", 0, here.start))
    between = source[first:last].split(b"\n")
    if b"#" in source[start:first] or any(x.strip() and not x.lstrip().startswith(b"#") for x in between):
        return Refusal("comments stand between it and the command before")
    end = source.find(b"\n", here.end)
    end = len(source) if end < 0 else _line_end(source, end)
    assert script.instruction is not None
    if source[here.end : end].strip() not in (b"", script.instruction.escape.encode()):
        return Refusal("a comment stands behind it")
    return (Edit(Span(start, first), b""), Edit(Span(last, end), b""))


def _line_end(source: bytes, newline: int) -> int:
    return newline - (source[newline - 1 : newline] == b"\r")
