"""Shell text inside YAML: from a character of the value to the character of the file."""

from __future__ import annotations

import re

from jettison.ci.yamlfile import Node, Unclear, YamlFile


def place_of(file: YamlFile, scalar: Node) -> list[int]:
    """The place in the file of every character of a scalar, and of its end.

    Raises Unclear for text that YAML folds or escapes: there an edit could change more than it says.
    """
    file.own(scalar, "the command")
    line = scalar.start_mark.line + 1
    if scalar.style == ">":
        raise Unclear("the command is folded (>)", line)
    start, end = scalar.start_mark.index, scalar.end_mark.index
    if scalar.style != "|":
        at = file.text.find(scalar.value, start, end)
        if at < 0 or "\n" in scalar.value:
            raise Unclear("the command is written over several lines, or with escapes", line)
        return list(range(at, at + len(scalar.value) + 1))
    places: list[int] = []
    at = file.text.index("\n", start) + 1
    for content in re.findall(r"[^\n]*\n|[^\n]+", scalar.value):
        body = content.rstrip("\n")
        stop = file.text.find("\n", at)
        stop = len(file.text) if stop < 0 else stop
        raw = file.text[at:stop].removesuffix("\r")
        if not raw.endswith(body):
            raise Unclear("the lines of the command are not where they are expected", line)
        first = at + len(raw) - len(body)
        places += range(first, first + len(content))
        at = stop + 1
    return [*places, (places[-1] + 1) if places else start]
