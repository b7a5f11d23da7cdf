"""The ports of an EXPOSE as Docker sees them: after expansion, split at blanks.

Source: BuildKit `frontend/dockerfile/dockerfile2llb/convert_expose.go` (parsePort).
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from jettison.dockerfile import Instruction, Word
from jettison.dockerfile.expand import split_words
from jettison.project import Project

HIGHEST = 65535
"""The highest port number there is."""

_RANGE = re.compile(r"([0-9]{1,9})(?:-([0-9]{1,9}))?")


class Port(NamedTuple):
    """One port: `word` as it stands in the file, `text` after expansion; `written` when both are equal."""

    word: Word
    text: str
    written: bool

    @property
    def host(self) -> str:
        """The address and port of the host before the last colon, "" when there are none."""
        return self.text.rpartition(":")[0]

    @property
    def container(self) -> str:
        """The port or range of the container, without host and protocol."""
        return self.text.rpartition(":")[2].partition("/")[0]

    @property
    def protocol(self) -> str:
        """The protocol as written, "" when there is none."""
        return self.text.rpartition(":")[2].partition("/")[2]


def ports(project: Project, instruction: Instruction) -> Iterator[Port]:
    """The ports of an EXPOSE; nothing for every other instruction, and none of a word with a variable that
    has no value here."""
    if instruction.keyword != "EXPOSE":
        return
    scope = project.scope(instruction)
    for word in instruction.words:
        found = scope.expand(word.text, instruction.escape)
        if found.error is None and not found.missing:
            for text in split_words(word.text, scope.variables, instruction.escape):
                yield Port(word, text, text == word.text)


def is_range(text: str) -> bool:
    """True for one port number or two with a dash, none above 65535."""
    found = _RANGE.fullmatch(text)
    return found is not None and all(int(number) <= HIGHEST for number in found.groups() if number)
