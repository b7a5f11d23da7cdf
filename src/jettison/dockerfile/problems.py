"""Why Docker refuses an instruction, in words.

Source of the conditions: BuildKit `frontend/dockerfile/parser/line_parsers.go` and
`frontend/dockerfile/instructions/parse.go`. Flags are not judged: a flag we do not know may be a new one.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from jettison.dockerfile import arguments

if TYPE_CHECKING:
    from jettison.dockerfile.instruction import Instruction

_STAGE_NAME = re.compile(r"[a-z][a-z0-9-_.]*")
_ONE_ARGUMENT = frozenset(("MAINTAINER", "STOPSIGNAL", "USER", "WORKDIR"))
_KNOWN = frozenset(
    [
        "ADD",
        "ARG",
        "CMD",
        "COPY",
        "ENTRYPOINT",
        "ENV",
        "EXPOSE",
        "FROM",
        "HEALTHCHECK",
        "LABEL",
        "ONBUILD",
        "RUN",
        "SHELL",
        "VOLUME",
    ]
)
_NEEDS_ARGUMENTS = frozenset(["ARG", "ENV", "EXPOSE", "LABEL", "ONBUILD", "SHELL", "VOLUME"])
_ARRAYS = frozenset(("ADD", "CMD", "COPY", "ENTRYPOINT", "HEALTHCHECK", "RUN", "SHELL", "VOLUME"))


def explain(instruction: Instruction) -> str | None:
    """What is wrong with one instruction by itself; None when Docker accepts its form."""
    keyword = instruction.keyword
    if keyword in _ONE_ARGUMENT:
        return None if len(instruction.words) == 1 else f"{keyword} requires exactly one argument"
    if keyword not in _KNOWN:
        return f"unknown instruction: {keyword}" if keyword else "a continuation without an instruction"
    if keyword in _ARRAYS and instruction.json is None:
        line, start = instruction.line.data, instruction.ranges()[2]
        if keyword == "HEALTHCHECK":
            start = arguments.health_command(line, start)
        if arguments.array_of_other_things(line, start, len(line)):
            return f"the array of {keyword} may hold strings only"
    if keyword in _NEEDS_ARGUMENTS and not instruction.words:
        return f"{keyword} requires at least one argument"
    check = _CHECKS.get(keyword)
    return check(instruction) if check else None


def _from(instruction: Instruction) -> str | None:
    words = [word.text for word in instruction.words]
    if len(words) == 3 and words[1].lower() == "as":
        if not _STAGE_NAME.fullmatch(words[2].lower()):
            return f"invalid stage name {words[2]}: a letter comes first, then letters, digits, - _ and ."
        return None
    return None if len(words) == 1 else "FROM requires either one or three arguments"


def _copy(instruction: Instruction) -> str | None:
    keyword = instruction.keyword
    if len(instruction.words) < 2:
        return f"{keyword} requires at least two arguments, a source and a destination"
    dest = instruction.words[-1].span
    if any(doc.start_span == dest for doc in instruction.heredocs):
        return f"{keyword} cannot have a heredoc as destination"
    return None


def _pairs(instruction: Instruction) -> str | None:
    keyword = instruction.keyword
    pairs = instruction.pairs()
    bare = next((pair.key.text for pair in pairs if pair.value is None), None)
    if bare is not None and keyword != "ARG":
        if len(instruction.words) == 1:
            return f"{keyword} must have two arguments"
        return f"{keyword} needs the form name=value, and {bare} has no ="
    return None if all(pair.key.text for pair in pairs) else f"a name of {keyword} is empty"


def _health(instruction: Instruction) -> str | None:
    words = instruction.words
    if not words:
        return "HEALTHCHECK requires at least one argument"
    kind = words[0].text.upper()
    if kind == "NONE":
        return None if len(words) == 1 else "HEALTHCHECK NONE takes no arguments"
    if kind != "CMD":
        return f"unknown type {words[0].text} in HEALTHCHECK, use CMD or NONE"
    return None if len(words) > 1 else "HEALTHCHECK CMD has no command"


def _shell(instruction: Instruction) -> str | None:
    if instruction.json is None:
        return "SHELL requires the exec form, an array of strings"
    return None if instruction.json else "SHELL requires at least one argument"


def _onbuild(instruction: Instruction) -> str | None:
    body = instruction.onbuild
    if body is None:
        return "ONBUILD requires at least one argument"
    if body.keyword == "ONBUILD":
        return "ONBUILD inside ONBUILD is not allowed"
    if body.keyword in ("FROM", "MAINTAINER"):
        return f"{body.keyword} is not allowed inside ONBUILD"
    return body.error


_CHECKS = {
    "ADD": _copy, "ARG": _pairs, "COPY": _copy, "ENV": _pairs, "FROM": _from, "HEALTHCHECK": _health,
    "LABEL": _pairs, "ONBUILD": _onbuild, "SHELL": _shell,
}  # fmt: skip
