"""Here-documents inside shell text are data: blanked out, character for character, before parsing."""

from __future__ import annotations

import re

_TOKEN = re.compile(r"""\\.|'[^']*'|"|\$\(\(|\(\(|\$\(|\(|\)|(?<![^\s;&|(])\#[^\n]*|<<<|<<|\n""", re.DOTALL)
_IN_QUOTES = re.compile(r'\\.|"|\$\(\(|\$\(', re.DOTALL)
_WORD = re.compile(r"""(-?)[ \t]*((?:\\.|'[^']*'|"[^"]*"|[^\s;&|<>()'"\\])+)""", re.DOTALL)


def mask(text: str) -> str | None:
    """The text with each `<<EOF` as `<____` and its body blanked; None when one has no end.

    `<<<` becomes a plain `<`. Knows quotes, comments, `$(` and arithmetic `<<`; keeps length and newlines.
    """
    out = list(text)
    pending: list[tuple[str, bool]] = []
    nested = [""]
    at = 0
    while found := (_IN_QUOTES if nested[-1] == '"' else _TOKEN).search(text, at):
        token, at = found.group(), found.end()
        if token == '"' and nested[-1] == '"':
            nested.pop()
        elif token in ('"', "(", "$(", "((", "$(("):
            nested.append(token.lstrip("$"))
        elif token == ")" and len(nested) > 1:
            at += nested.pop() == "((" and text.startswith(")", at)
        elif token == "<<" and nested[-1] != "((":
            word = _WORD.match(text, at)
            if word is None:
                return None
            at = word.end()
            out[found.start() + 1 : at] = "_" * (at - found.start() - 1)
            pending.append((re.sub(r"\\(.)|['\"]", r"\1", word[2]), bool(word[1])))
        elif token == "<<<" and nested[-1] != "((":
            out[at - 2 : at] = "  "
        elif token == "\n" and pending:
            after = _blank_bodies(text, out, at, pending)
            if after is None:
                return None
            at = after
            pending.clear()
    return None if pending else "".join(out)


def _blank_bodies(text: str, out: list[str], at: int, pending: list[tuple[str, bool]]) -> int | None:
    """Blank the bodies that start at `at`; where the last one's closing line ends, None when one has none."""
    for word, chomp in pending:
        while True:
            if at >= len(text):
                return None
            end = text.find("\n", at)
            end = len(text) if end < 0 else end
            line = text[at:end]
            out[at:end] = " " * (end - at)
            at = end + 1
            if (line.lstrip("\t") if chomp else line) == word:
                break
    return min(at, len(text))
