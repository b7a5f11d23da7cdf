"""What the rules after Docker's own build checks share: the words of a FROM, spellings, unset names.

Source of the conditions: BuildKit `frontend/dockerfile/dockerfile2llb/validations.go` and
`frontend/dockerfile/instructions/parse.go` (August 2026).
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

from jettison.dockerfile import Dockerfile, Instruction, Stage, Word
from jettison.project import Project
from jettison.spans import Edit, Span


class As(NamedTuple):
    """`AS name` of a FROM."""

    stage: Stage
    keyword: Word
    name: Word


def named_stages(project: Project) -> Iterator[As]:
    """The stages with a name, those Docker refuses left out."""
    for stage in project.dockerfile.stages:
        words = stage.from_.words
        if stage.name is not None and stage.from_.error is None:
            yield As(stage, words[1], words[2])


def spelling(project: Project, instruction: Instruction) -> str:
    """The keyword as written."""
    return project.dockerfile.text(instruction.keyword_span)


def consistent(word: str) -> bool:
    """True for a word all in lower case or all in upper case."""
    return word in (word.lower(), word.upper())


def respell(project: Project, span: Span, lower: bool) -> Edit:
    """The same word in lower or upper case."""
    text = project.dockerfile.text(span)
    new = text.lower() if lower else text.upper()
    return Edit(span, new.encode("utf-8", "surrogateescape"))


RESERVED = ("scratch", "context")
PLATFORM_ARGS = (
    *("BUILDPLATFORM", "BUILDOS", "BUILDOSVERSION", "BUILDARCH", "BUILDVARIANT"),
    *("TARGETPLATFORM", "TARGETOS", "TARGETOSVERSION", "TARGETARCH", "TARGETVARIANT", "TARGETSTAGE"),
)
"""What BuildKit sets for every FROM (`dockerfile2llb/defaultargs.go`)."""


def is_reference(name: str) -> bool:
    """True when it could name an image: the grammar of `github.com/distribution/reference`."""
    import re

    part = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
    domain = r"(?:[a-zA-Z0-9-]+(?:\.[a-zA-Z0-9-]+)*|\[[a-fA-F0-9:]+\])(?::[0-9]+)?/"
    grammar = (
        rf"(?:{domain})?{part}(?:/{part})*(?::\w[\w.-]{{0,127}})?(?:@[A-Za-z][\w.+-]*:[0-9a-fA-F]{{32,}})?"
    )
    return re.fullmatch(grammar, name, re.ASCII) is not None


def platform_parts(platform: str) -> tuple[str, ...] | None:
    """Operating system and architecture as containerd writes them; None for what it does not understand."""
    parts = platform.lower().split("/")
    if not 1 <= len(parts) <= 3 or not all(parts):
        return None
    architecture = parts[1] if len(parts) > 1 else parts[0]
    system = parts[0] if len(parts) > 1 or parts[0] in _SYSTEMS else "linux"
    if len(parts) == 1 and parts[0] in _SYSTEMS:
        return (system,)
    return system, _ARCHITECTURES.get(architecture, architecture)


_SYSTEMS = ("linux", "windows", "darwin", "freebsd")
_ARCHITECTURES = {"x86_64": "amd64", "x86-64": "amd64", "aarch64": "arm64", "i386": "386", "armhf": "arm"}


class Port(NamedTuple):
    """One port of an EXPOSE after expansion; `written` when it stands in the file like that."""

    word: Word
    text: str
    written: bool


def ports(project: Project, instruction: Instruction) -> Iterator[Port]:
    """The ports of an EXPOSE; nothing for every other instruction."""
    if instruction.keyword != "EXPOSE" or instruction.error is not None:
        return
    scope = project.scope(instruction)
    for word in instruction.words:
        for text in scope.expand(word.text, instruction.escape).text.split():
            yield Port(word, text, text == word.text)


def as_pair(project: Project, instruction: Instruction) -> str | None:
    """`name=value` for `ENV name value` with the same meaning; None when none is sure to have it."""
    pair = instruction.pairs()[0]
    if pair.value is None or b"\n" in project.dockerfile.source[slice(*instruction.args_span)]:
        return None
    key, value, escape = pair.key.text, pair.value.text, instruction.escape
    blank = escape + " "
    escaped = _escaped(value, escape, blank)
    plain = not any(character in value for character in f"\"'{escape}")
    for new in (value, f'"{value}"' if plain else escaped, escaped):
        if _same(f"{instruction.keyword} {key}={new}", key, value, escape):
            return f"{key}={new}"
    return None


def _escaped(value: str, escape: str, blank: str) -> str:
    """The value with an escape character before every blank outside quotes."""
    made, quote, skip = [], "", False
    for character in value:
        if skip:
            skip = False
        elif character == escape and quote != "'":
            skip = True
        elif character in "'\"" and quote in ("", character):
            quote = "" if quote else character
        elif character == " " and not quote:
            made.append(blank)
            continue
        made.append(character)
    return "".join(made)


def _same(text: str, key: str, value: str, escape: str) -> bool:
    """True when the new instruction is one pair with the old key, and its value expands to the same."""
    from jettison.dockerfile import expand, parse

    head = "# escape=`\n" if escape == "`" else ""
    instructions = parse(f"{head}{text}\n".encode("utf-8", "surrogateescape")).instructions
    if len(instructions) != 1 or instructions[0].error is not None:
        return False
    pairs = instructions[0].pairs()
    if len(pairs) != 1 or pairs[0].key.text != key or pairs[0].value is None or "=" in key:
        return False
    nothing: dict[str, str | None] = {}
    for variables in (nothing, _Anything()):
        old, new = (expand(each, variables, escape) for each in (value, pairs[0].value.text))
        if old.error or new.error or old != new:
            return False
    return True


class _Anything(dict[str, str | None]):
    """A value for every name, with what would show a difference in quoting."""

    def __contains__(self, name: object) -> bool:
        return True

    def __missing__(self, name: str) -> str:
        return f"<{name} of>"

    def get(self, name: str, default: str | None = None) -> str:  # type: ignore[override]
        return self[name] or ""


def quote(text: str) -> str | None:
    """The text as one value of a LABEL, with no variable read in it; None when it would need more."""
    plain = text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text
    if not any(character in plain for character in '"\\$`'):
        return f'"{plain}"'
    return None if "'" in plain else f"'{plain}'"


def description(dockerfile: Dockerfile, start: int, instruction: Instruction) -> str:
    """The last comment between `start` and the instruction; an empty comment in between takes it away."""
    text = ""
    for comment in dockerfile.comments:
        if start <= comment.span.start < instruction.span.start:
            text = comment.text
    return text
