"""Files of the build context that hold a secret: by their names, then by the first 64 KB of their text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from jettison.facts import load
from jettison.project import Project
from jettison.rules.secretwords import (
    Names,
    first_secret,
    is_about,
    is_placeholder,
    is_secret_name,
    looks_random,
    names_of,
    shape,
)

_LONG = 16
"""Characters from which a value in a file of settings is drawn by somebody, whatever it consists of."""
_SETTING = r"(?m)^[ \t]*(?:export[ \t]+)?([A-Za-z_]\w*)[ \t]*=[ \t]*(.*?)[ \t\r]*$"


class Held(NamedTuple):
    """A file with a secret: of which kind and on which line; `read_by` are commands that want the file. The
    secret itself is told to nobody."""

    path: str
    kind: str
    line: int
    read_by: tuple[str, ...] = ()


def suspects(project: Project) -> tuple[str, ...]:
    """The files of the context whose names make a look at their text worthwhile."""
    return project.once("secret suspects", lambda: tuple(_suspects(project)))


def held_in(project: Project, path: str) -> Held | None:
    """What one file holds; None for nothing. It is read once, its first 64 KB."""
    head: int = load("secrets")["scan"]["head"]
    return project.once(("secret in", path), lambda: judge(path, project.context.read(path, head)))


def judge(path: str, data: bytes) -> Held | None:
    """What a file of this name with this text holds."""
    text = data.decode("utf-8", "replace")
    name = path.rpartition("/")[2]
    token = first_secret(text)
    if token is not None:
        return Held(path, token.kind, _line(text, token.start), _readers(name))
    return _by_name(path, name, text) or _by_setting(path, name, text)


def _suspects(project: Project) -> Iterator[str]:
    scan: Any = load("secrets")["scan"]
    aside, samples = frozenset(scan["aside"]), frozenset(scan["samples"])
    names, left, largest = names_of("scan"), scan["most"], scan["largest"]
    for file in project.context.files:
        folder, _, name = file.path.rpartition("/")
        if not 0 < file.size <= largest or file.kind != "file" or not names.has(name.lower()):
            continue
        if not aside.isdisjoint(folder.lower().split("/")):
            continue
        if not samples.isdisjoint(re.split(r"[^a-z0-9]+", name.lower())):
            continue
        left -= 1
        if left < 0:
            return
        yield file.path


def _rows(name: str) -> Iterator[Any]:
    for row in load("secrets")["file"]:
        if Names(row["files"]).has(name.lower()):
            yield row


def _readers(name: str) -> tuple[str, ...]:
    return tuple(reader for row in _rows(name) for reader in row.get("read_by", ()))


def _by_name(path: str, name: str, text: str) -> Held | None:
    for row in _rows(name):
        for found in shape(row["shape"]).finditer(text):
            value = found[1]
            if "$" in value or is_placeholder(value) or (row.get("encoded") and not _is_login(value)):
                continue
            return Held(path, row["kind"], _line(text, found.start(1)), tuple(row.get("read_by", ())))
    return None


def _by_setting(path: str, name: str, text: str) -> Held | None:
    if not names_of("settings").has(name.lower()):
        return None
    for found in shape(_SETTING).finditer(text):
        key, value = found[1], found[2].strip("\"'")
        if not is_secret_name(key) or is_about(key) or "$" in value or is_placeholder(value):
            continue
        if looks_random(value) or (len(value) >= _LONG and " " not in value):
            return Held(path, f"value of {key}", _line(text, found.start(1)))
    return None


def _is_login(value: str) -> bool:
    """True for `name:password` in base64."""
    from base64 import b64decode

    try:
        return b":" in b64decode(value + "=" * (-len(value) % 4), validate=True)
    except ValueError:
        return False


def _line(text: str, at: int) -> int:
    return text.count("\n", 0, at) + 1
