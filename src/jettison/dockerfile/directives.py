"""Parser directives: `# syntax=`, `# escape=` and `# check=` at the very top of a Dockerfile.

Source: BuildKit `frontend/dockerfile/parser/directives.go`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from jettison.dockerfile import blank
from jettison.spans import Span

NAMES = ("syntax", "escape", "check")
_DIRECTIVE = re.compile(rb"([a-zA-Z][a-zA-Z0-9]*)[\t\n\f\r ]*=[\t\n\f\r ]*([^\n]+?)[\t\n\f\r ]*")


class Directive(NamedTuple):
    """One directive: name in lower case, value without surrounding blanks, span from `#` to the end of its
    line.
    """

    name: str
    value: str
    span: Span


def read_directive(source: bytes, start: int, end: int) -> Directive | None:
    """The directive on the line whose first byte that is not blank is `start`; None when it is something
    else.
    """
    if start >= end or source[start] != 0x23:
        return None
    match = _DIRECTIVE.fullmatch(source, blank.skip(source, start + 1, end), end)
    if match is None:
        return None
    name = match[1].decode("ascii").lower()
    if name not in NAMES:
        return None
    return Directive(name, match[2].decode("utf-8", "surrogateescape"), Span(start, end))
