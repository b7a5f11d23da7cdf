"""Patterns of `.dockerignore` as Python predicates, exactly as moby/patternmatcher compiles and matches them.

Restated from its patternmatcher.go (`New`, `compile`, `match`) and Go's regexp/syntax; quirks are kept on
purpose, because what the builder does is what counts.
"""

from __future__ import annotations

from functools import lru_cache
from typing import NamedTuple

from jettison.context.gopath import Predicate, syntax_check
from jettison.context.goregex import atoms, predicate

_PLAIN = frozenset("*?[]\\|{}^/")
_ESCAPED = frozenset(".+()$")
"""What moby escapes in its regular expression. It means to escape `|`, `{` and `}` too, but its table is a
byte wide (`escapeBytes`): in a pattern with a wildcard `a|b` is a choice and `a{2}` a repetition.
"""


class IgnorePattern(NamedTuple):
    """A compiled ignore pattern: `kind` is exact, prefix, suffix, regex or, for `**/*TEXT`, ending; `text` is
    what it compares with.
    """

    kind: str
    text: str
    matches: Predicate


@lru_cache(4096)
def ignore_pattern(pattern: str) -> IgnorePattern:
    """What a cleaned .dockerignore pattern (without `!`) matches, itself and not what lies below it.

    Raises BadPattern where the builder stops the build.
    """
    syntax_check(pattern)
    kind, source = go_regex(pattern)
    if kind == "exact":
        return IgnorePattern(kind, pattern, pattern.__eq__)
    if kind == "prefix":
        prefix = pattern[:-2]
        return IgnorePattern(kind, prefix, lambda path: path.startswith(prefix))
    if kind == "suffix":
        suffix = pattern[2:]
        bare = suffix[1:] if suffix.startswith("/") else None
        return IgnorePattern(kind, suffix, lambda path: path.endswith(suffix) or path == bare)
    tail = pattern.removeprefix("**/*")
    if tail != pattern and _PLAIN.isdisjoint(tail):
        return IgnorePattern("ending", tail, _ends_in(tail))
    return IgnorePattern(kind, pattern, _simple(pattern) or predicate(atoms(source)))


def _simple(pattern: str) -> Predicate | None:
    """The same as the regular expression for the commonest shapes, cheaper to make and to use; None for
    others.
    """
    head, _, last = pattern.rpartition("/")
    if not _PLAIN.isdisjoint(last.replace("*", "").replace("?", "")) or "**" in last:
        return None
    if (
        last.count("*") == 1
        and "?" not in last
        and (head == "**" or _PLAIN.isdisjoint(head.replace("/", "")))
    ):
        return _one_star(None if head == "**" else head, *last.split("*"))
    return _by_name(predicate(atoms(go_regex(last)[1]))) if head == "**" else None


def _one_star(folder: str | None, start: str, end: str) -> Predicate:
    """What `^FOLDER/START[^/]*END$` matches, and with None for the folder `^(.*/)?START[^/]*END$`."""
    shortest = len(start) + len(end)

    def matches(path: str) -> bool:
        above, _, name = path.rpartition("/")
        if not (name.startswith(start) and name.endswith(end) and len(name) >= shortest):
            return False
        return above == folder if folder is not None else "\n" not in above

    return matches


def _by_name(test: Predicate) -> Predicate:
    """What `^(.*/)?NAME$` matches, for a name without `/`: only the last part of a path, which is short."""

    def matches(path: str) -> bool:
        above, _, name = path.rpartition("/")
        return bool(test(name)) and "\n" not in above

    return matches


def _ends_in(tail: str) -> Predicate:
    """What `^(.*/)?[^/]*TAIL$` matches: Go's `.` takes no newline, so none may stand in the folders."""
    return lambda path: path.endswith(tail) and "\n" not in path[: path.rfind("/") + 1]


def go_regex(pattern: str) -> tuple[str, str]:
    """How moby compares (exact, prefix, suffix, regex) and the Go regular expression it would build, without
    anchors.
    """
    kind = "exact"
    out: list[str] = []
    i = first = 0
    while i < len(pattern):
        c, start = pattern[i], i
        i += 1
        if c == "*" and pattern.startswith("*", i):
            i += 1
            i += pattern.startswith("/", i)
            if i < len(pattern):
                out.append("(.*/)?")
                kind = "regex"
            elif kind == "exact":
                kind = "prefix"
            else:
                out.append(".*")
                kind = "regex"
            if start == first:
                kind = "suffix"
        elif c == "*":
            out.append("[^/]*")
            kind = "regex"
        elif c == "?":
            out.append("[^/]")
            kind = "regex"
        elif c in _ESCAPED:
            out.append("\\" + c)
        elif c == "\\":
            out.append("\\" + pattern[i : i + 1])
            if i < len(pattern):
                kind = "regex"
            i += 1
        else:
            out.append(c)
            if c in "[]":
                kind = "regex"
    return kind, "".join(out) + "$"
