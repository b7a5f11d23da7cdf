"""`docker build` in shell text: what it builds, and where its cache flags go."""

from __future__ import annotations

import re
from typing import NamedTuple

from jettison.ci.yamlfile import Unclear
from jettison.facts import load
from jettison.shell import Command, ShellWord, parse_text

_EXPRESSION = re.compile(r"\$\{\{.*?\}\}", re.DOTALL)


class Option(NamedTuple):
    """One option as written. `end` is the character behind its value, inside quotes that close there."""

    name: str
    value: str
    end: int


class BuildLine(NamedTuple):
    """One build command. `at` is the character behind the word `build`; words are as written.

    `line` counts from 0 inside the text. `name_start` and `name_end` are `docker build` or `docker buildx
    build` itself.
    """

    line: int
    name_start: int
    name_end: int
    buildx: bool
    options: tuple[Option, ...]
    """Every option in order, the value empty where it has none, and without quotes around it."""
    context: str
    open: bool
    """True when a word of its own is left to the shell (`$OPTIONS`, `"$@"`): it may bring further options."""

    def values(self, *names: str) -> list[str]:
        """The values of an option."""
        return [each.value for each in self.options if each.name in names]

    def has(self, *names: str) -> bool:
        """True when one of these options is there."""
        return any(each.name in names for each in self.options)


def build_lines(text: str) -> list[BuildLine]:
    """The build commands of shell text in which `${{ ... }}` of GitHub stands for a word.

    Raises Unclear when there may be one and the text is not understood.
    """
    if not re.search(r"\bdocker\b[^\n]*\bbuild\b", text):
        return []
    blind = _EXPRESSION.sub(lambda found: "x" * len(found[0]), text)
    script = parse_text(blind, range(len(blind) + 1))
    if not script.ok:
        raise Unclear(f"the shell text is not understood: {script.reason}")
    if any(command.name in ("cd", "pushd") for command in script.commands):
        raise Unclear("it changes the folder before it builds")
    return [made for command in script.commands if (made := _read(command, text)) is not None]


def _read(command: Command, text: str) -> BuildLine | None:
    if command.name != "docker":
        return None
    words = [word.raw for word in command.words]
    for name in (["buildx", "build"], ["image", "build"], ["build"]):
        if words[1 : 1 + len(name)] == name:
            break
    else:
        return None
    if any(word.raw == load("ci")["options"]["classic_environment"] for word in command.assignments):
        raise Unclear("DOCKER_BUILDKIT=0 asks for the classic builder, which has no cache to export")
    options, context, left_open = _options(command.words[1 + len(name) :], text)
    start, end = command.words[0].span.start, command.words[len(name)].span.end
    line = text.count("\n", 0, start)
    return BuildLine(line, start, end, name[0] == "buildx", tuple(options), context, left_open)


def _options(words: tuple[ShellWord, ...], text: str) -> tuple[list[Option], str, bool]:
    bare = load("ci")["options"]["bare"]
    found: list[Option] = []
    context, left_open = "", False
    rest = iter([(text[word.span.start : word.span.end], word.span.end) for word in words])
    for word, end in rest:
        if re.match(r"\"?\$(?!\{\{)", word) and "/" not in word:
            left_open = True
            context = context or word
        elif not word.startswith("-") or word == "-":
            context = unquoted(word)
        elif "=" in word and word.startswith("--"):
            name, _, value = word.partition("=")
            found.append(_option(name, value, end))
        elif word in bare:
            found.append(Option(word, "", end))
        elif re.fullmatch(r"-[tfo].+", word):
            found.append(_option(word[:2], word[2:], end))
        else:
            found.append(_option(word, *next(rest, ("", end))))
    return found, context, left_open


def _option(name: str, value: str, end: int) -> Option:
    return Option(name, unquoted(value), end - (unquoted(value) != value))


def tags_of(lines: list[BuildLine]) -> tuple[str, ...]:
    """The names that build commands give to their images, where there is more than one command."""
    return tuple(tag for line in lines for tag in line.values("-t", "--tag")) if len(lines) > 1 else ()


def unquoted(word: str) -> str:
    """The word without quotes around the whole of it."""
    if len(word) > 1 and word[0] == word[-1] and word[0] in "'\"" and word[0] not in word[1:-1]:
        return word[1:-1]
    return word


def repository(reference: str) -> str:
    """`ghcr.io/acme/app` of `ghcr.io/acme/app:${TAG}`; empty when the tag cannot be told from the name."""
    depth, cut = 0, -1
    for index, char in enumerate(reference):
        depth += char == "{"
        depth -= char == "}"
        if depth == 0 and char == ":":
            cut = index
        elif depth == 0 and char == "/":
            cut = -1
    return reference[:cut] if cut > 0 else ""


def literal(word: str) -> bool:
    """True when neither the shell nor the pipeline puts anything else in its place."""
    return not set("$`*?[~") & set(word)


def flags(line: BuildLine, added: list[tuple[str, str]]) -> str:
    """What is written behind the build's name: options with their values, quoted where `$` stands in one."""
    return "".join(f" {name} {_quoted(value)}" if value else f" {name}" for name, value in added)


def _quoted(value: str) -> str:
    bare = _EXPRESSION.sub("", value)
    return value if re.fullmatch(r"[\w@%+=:,./-]*", bare) and bare == value else f'"{value}"'
