"""Quotes: what a word is once the shell has removed them, and how to write a word that survives it."""

from __future__ import annotations

_SPECIAL = frozenset("'\"\\$`")
_AFTER_DOLLAR = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ_0123456789{(@*#?-$!'\"")
_BLANKS = frozenset(" \t\n")
_CLOSERS = {'"': '"', "`": "`", "(": ")", "{": "}"}
_PLAIN = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_@%+=:,./-")


def unquote(raw: str) -> str | None:
    """The value of a word after quote removal; None when it holds an expansion or an open quote.

    Globs, braces and a leading tilde are kept as written: the shell may still expand them.
    """
    if _SPECIAL.isdisjoint(raw):
        return None if raw[:2] in ("<(", ">(") else raw
    value: list[str] = []
    at, size = 0, len(raw)
    while at < size:
        char = raw[at]
        if char == "'":
            close = raw.find("'", at + 1)
            if close < 0:
                return None
            value.append(raw[at + 1 : close])
            at = close + 1
        elif char == '"':
            inside = _double_quoted(raw, at + 1)
            if inside is None:
                return None
            at, text = inside
            value.append(text)
        elif char == "\\":
            value.append(raw[at + 1 : at + 2].replace("\n", "") if at + 1 < size else char)
            at += 2
        elif char == "`" or (char == "$" and _expands(raw, at)):
            return None
        else:
            value.append(char)
            at += 1
    return "".join(value)


def holds_blank(raw: str) -> bool:
    """True when a blank stands outside every quote and expansion, so that it is really two words."""
    if _BLANKS.isdisjoint(raw):
        return False
    closers: list[str] = []
    at, size = 0, len(raw)
    while at < size:
        char = raw[at]
        if closers and char == closers[-1]:
            closers.pop()
        elif char == "\\":
            at += 1
        elif char == "'" and closers[-1:] != ['"']:
            at = raw.find("'", at + 1)
            if at < 0:
                return False
        elif char in _CLOSERS and (char != "{" or raw[at - 1 : at] == "$"):
            closers.append(_CLOSERS[char])
        elif char in _BLANKS and not closers:
            return True
        at += 1
    return False


def quote(text: str) -> str:
    """Text as one word that the shell reads back unchanged; left bare where that is the same."""
    if text and _PLAIN.issuperset(text):
        return text
    return "'" + text.replace("'", "'\\''") + "'"


def _double_quoted(raw: str, at: int) -> tuple[int, str] | None:
    value: list[str] = []
    size = len(raw)
    while at < size:
        char = raw[at]
        if char == '"':
            return at + 1, "".join(value)
        if char == "`" or (char == "$" and raw[at + 1 : at + 2] not in ("'", '"') and _expands(raw, at)):
            return None
        if char == "\\" and raw[at + 1 : at + 2] in ("$", "`", '"', "\\", "\n"):
            value.append(raw[at + 1].replace("\n", ""))
            at += 2
        else:
            value.append(char)
            at += 1
    return None


def _expands(raw: str, at: int) -> bool:
    return raw[at + 1 : at + 2] in _AFTER_DOLLAR
