"""The commands that `make` runs, read from a plain Makefile; nothing is run for it.

Source: the GNU make manual (make 4.4), "How make Processes a Makefile", "Using Implicit Rules". Conditionals,
includes, `$(shell)`, double colons and target variables are refused: what they come to is not certain.
"""

from __future__ import annotations

import posixpath
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field

from jettison.stages import Refusal
from jettison.stages.makewords import Glob, Words

_ASSIGNMENT = re.compile(r"([\w.-]+)\s*(\?=|:{1,3}=|\+=|=)\s*(.*)")
_RULE = re.compile(r"([^:=#]+?)\s*:(?![:=])\s*([^=;]*)")
_IMPLICIT = {"CC": "cc", "CXX": "g++", "RM": "rm -f", "AR": "ar", "LD": "ld", "MAKE": "make"}
_IGNORED = frozenset((".PHONY", ".SUFFIXES", ".PRECIOUS", ".SECONDARY", ".DELETE_ON_ERROR", ".NOTPARALLEL"))
_MOST = 500
"""Recipe lines; more are refused."""


@dataclass(slots=True)
class Rule:
    """What a target needs: `order` has to be there first, and is not among `$^`."""

    needs: list[str] = field(default_factory=list)
    """One text for every rule of the target; the one with the recipe comes first."""
    order: str = ""
    steps: list[str] = field(default_factory=list)


@dataclass(slots=True)
class Makefile:
    """What is read of one: variables as written, and for every target its prerequisites and recipe."""

    variables: dict[str, str] = field(default_factory=lambda: dict(_IMPLICIT))
    rules: dict[str, Rule] = field(default_factory=dict)
    first: str = ""
    """The target that a bare `make` makes."""


def read_makefile(
    text: str, environment: Mapping[str, str], given: Mapping[str, str], glob: Glob
) -> Makefile:
    """The rules of a Makefile's text; raises Refusal for what is more than plain.

    `environment` gives variables that the file may replace, `given` are those of the command line, which win;
    `glob` gives the files beside the Makefile that a pattern of `$(wildcard)` matches.
    """
    made = Makefile()
    made.variables |= environment
    made.variables |= given
    targets: list[str] = []
    for number, line in _lines(text):
        if line.startswith("\t"):
            for target in targets:
                rule = made.rules[target]
                if not rule.steps:
                    rule.needs.insert(0, rule.needs.pop())
                rule.steps.append(line.strip())
            continue
        line = re.sub(r"(?<!\\)#.*", "", line).strip()
        if not line:
            continue
        if found := _ASSIGNMENT.fullmatch(line):
            value = found[3]
            if ":" in found[2]:
                value = Words(made.variables, glob).expand(value).replace("$", "$$")
            _assign(made, found[1], found[2], value, environment, given)
        elif found := _RULE.fullmatch(line):
            targets = _rule(made, found[1], found[2])
        else:
            raise Refusal(f"line {number} of the Makefile is more than a plain rule: {line.split()[0]}")
    return made


def recipe(made: Makefile, goal: str, glob: Glob) -> list[str]:
    """The lines of shell that make runs for a goal, in order; raises Refusal. `glob` as above."""
    lines: list[str] = []
    _make(made, goal or made.first, glob, set(), lines)
    return lines


def _make(made: Makefile, target: str, glob: Glob, done: set[str], lines: list[str]) -> None:
    if target in done:
        return
    done.add(target)
    rule, stem = _find(made, target)
    words = Words(made.variables, glob)
    prerequisites = words.expand(" ".join(rule.needs)).split()
    for each in (*prerequisites, *words.expand(rule.order).split()):
        _make(made, each, glob, done, lines)
    if any(re.search(r"\.so(\.\d+)*$", each) for each in prerequisites):
        raise Refusal(f"the Makefile links {target} to a library of its own")
    automatic = {
        "@": target,
        "^": " ".join(dict.fromkeys(prerequisites)),
        "+": " ".join(prerequisites),
        "<": prerequisites[0] if prerequisites else "",
        "*": stem,
        "@D": posixpath.dirname(target) or ".",
        "@F": posixpath.basename(target),
    }
    for step in rule.steps:
        text = Words({**made.variables, **automatic}, glob).expand(step)
        lines.append(re.sub(r"^[@+-]+\s*", "", text.strip()))
    if len(lines) > _MOST:
        raise Refusal("the Makefile has too many steps to follow")


def _find(made: Makefile, target: str) -> tuple[Rule, str]:
    """The rule and the stem of a target: its own, that of a pattern, or make's own for a program."""
    own = made.rules.get(target, Rule())
    if own.steps:
        return own, ""
    for pattern, rule in made.rules.items():
        head, percent, tail = pattern.partition("%")
        stem = target[len(head) : len(target) - len(tail)]
        if percent and rule.steps and stem and target == head + stem + tail:
            needs = [text.replace("%", stem) for text in rule.needs]
            return Rule(
                [*needs, *own.needs], f"{rule.order.replace('%', stem)} {own.order}", rule.steps
            ), stem
    if f"{target}.o" in " ".join(own.needs).split():
        return Rule(own.needs, own.order, ["$(CC) $(LDFLAGS) $^ $(LOADLIBES) $(LDLIBS) -o $@"]), ""
    return own, ""


def _assign(
    made: Makefile,
    name: str,
    how: str,
    value: str,
    environment: Mapping[str, str],
    given: Mapping[str, str],
) -> None:
    if name in ("SHELL", ".SHELLFLAGS", "MAKEFLAGS", "VPATH"):
        raise Refusal(f"the Makefile sets {name}")
    if name == ".DEFAULT_GOAL":
        made.first = value
    elif name in given or (how == "?=" and name in made.variables and name not in _IMPLICIT):
        return
    elif how == "+=":
        made.variables[name] = f"{made.variables.get(name, '')} {value}".strip()
    elif how != "?=" or name not in environment:
        own = re.sub(rf"\$[({{]{re.escape(name)}[)}}]", lambda _: made.variables.get(name, ""), value)
        made.variables[name] = own


def _rule(made: Makefile, names: str, needs: str) -> list[str]:
    """Note a rule's targets, and give those that the recipe below belongs to."""
    targets = Words(made.variables, lambda pattern: []).expand(names).split()
    if targets and targets[0] in _IGNORED:
        return []
    if not targets or any(target.startswith(".") and "/" not in target for target in targets):
        raise Refusal(f"the Makefile has a rule of its own kind: {names}")
    for target in targets:
        rule = made.rules.setdefault(target, Rule())
        first, _, order = needs.partition("|")
        rule.needs.append(first)
        rule.order = f"{rule.order} {order}"
    if not made.first and "%" not in targets[0]:
        made.first = targets[0]
    return targets


def _lines(text: str) -> Iterator[tuple[int, str]]:
    """The lines with their continuations, each with the number of its first."""
    start, kept = 1, ""
    for number, line in enumerate(text.splitlines(), 1):
        if not kept:
            start = number
        if line.endswith("\\"):
            kept += line[:-1] + " "
            continue
        yield start, kept + line
        kept = ""
    if kept:
        yield start, kept
