"""HTML as text: everything that comes from outside goes through `esc`, nothing else makes a tag."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from html import escape

from jettison.report.style import visible

_SURROGATE = re.compile("[\ud800-\udfff]")


def esc(text: str) -> str:
    """The text for a document or an attribute. Control characters, marks that reorder text and bytes that are
    not UTF-8 are spelled out (`\\x1b`, `\\xff`); tabs stay."""
    spelled = _SURROGATE.sub(lambda found: _spelled(ord(found[0])), text)
    return escape(visible(spelled), quote=True)


def _spelled(code: int) -> str:
    # Python keeps the byte 0xff of a text that is not UTF-8 as the lone surrogate U+DCFF.
    return f"\\x{code - 0xDC00:02x}" if 0xDC80 <= code <= 0xDCFF else f"\\u{code:04x}"


def small(number: float) -> str:
    """A coordinate with at most two decimals and no zeros that say nothing."""
    return f"{number:.2f}".rstrip("0").rstrip(".")


def table(name: str, heads: Sequence[str], rows: Iterable[str], kind: str = "") -> str:
    """A table with a caption. `heads` are texts, those that begin with `#` of columns of numbers; `rows` are
    markup. It scrolls sideways by itself where it is too wide."""
    cells = "".join(
        f'<th scope="col"{" class=num" if head.startswith("#") else ""}>{esc(head.removeprefix("#"))}</th>'
        for head in heads
    )
    return (
        f'<div class="wide" tabindex="0" role="region" aria-label="{esc(name)}">'
        f"<table{f' class={kind}' if kind else ''}><caption>{esc(name)}</caption>"
        f"<thead><tr>{cells}</tr></thead>\n<tbody>{''.join(rows)}</tbody></table></div>\n"
    )


def row(head: str, cells: Iterable[str]) -> str:
    """A row of texts whose first cell names it and whose others are numbers."""
    rest = "".join(f"<td class=num>{esc(cell)}</td>" for cell in cells)
    return f'<tr><th scope="row">{esc(head)}</th>{rest}</tr>\n'


def section(title: str, body: str, name: str = "") -> str:
    """A part of the page under a heading; nothing without a body."""
    mark = f' id="{name}"' if name else ""
    return f"<section{mark}>\n<h2>{esc(title)}</h2>\n{body}</section>\n" if body else ""
