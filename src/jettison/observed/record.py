"""One build as it was seen, and its form as a file."""

from __future__ import annotations

import base64
import dataclasses
import gzip
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, TypeVar

from jettison.build import BuildRecord, Step
from jettison.cache import Entry, Tree
from jettison.errors import CannotRun

VERSION = 1
_KIND = "jettison build record"
LARGEST = 256 << 20
"""Bytes of a record, unpacked: a context of a million files."""


@dataclass(frozen=True, slots=True)
class ObservedBuild:
    """What went into a build and what came of it. What is not known is empty, and `missing` says why."""

    record: BuildRecord
    """How it went. The steps have no output: it may hold secrets."""
    source: str
    """Who saw it: `jettison build`, or `history` for the builder's own."""
    began: str
    """When, in UTC, as `2026-11-28T20:01:49.542618Z`."""
    context: str = ""
    """The folder, absolute, or what else was given."""
    path: str = ""
    """Of the Dockerfile, absolute, or what else was given."""
    dockerfile: bytes | None = None
    ignore: bytes | None = None
    """The ignore file that counted; None when there was none."""
    tree: Tree | None = None
    """The files that the builder could be sent, with their content named, as they were before the build."""
    args: Mapping[str, str] = field(default_factory=dict)
    hidden_args: Mapping[str, str] = field(default_factory=dict)
    """Build arguments whose name says secret: a keyed hash of the value, equal for equal values on one
    machine."""
    target: str = ""
    platforms: tuple[str, ...] = ()
    options: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Further options that the cache depends on, as in BuildCall."""
    secrets: tuple[str, ...] = ()
    bases: Mapping[str, str] = field(default_factory=dict)
    """Digests of the base images, by the name that BuildKit gives them."""
    keys: Mapping[str, str] = field(default_factory=dict)
    """Digests of the records that an exported cache has of the steps, by the digest of the step; see
    `jettison.observed.keys`."""
    parents: Mapping[str, str] = field(default_factory=dict)
    """Digest of the step or FROM that a step changes, by its own; not there for what begins with nothing."""
    base_layers: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """Digests of the layers of the base images, the lowest first, by the digest of the FROM."""
    missing: tuple[str, ...] = ()
    """What is not in here and why, a sentence each, for a person."""


def without_output(record: BuildRecord) -> BuildRecord:
    """The record without what the steps printed."""
    return dataclasses.replace(
        record, steps=tuple(dataclasses.replace(step, log="") for step in record.steps)
    )


def to_bytes(build: ObservedBuild) -> bytes:
    """The record as a file."""
    document = {"kind": _KIND, "version": VERSION, **dataclasses.asdict(build)}
    for name in ("dockerfile", "ignore"):
        document[name] = _encoded(document[name])
    if build.tree is not None:
        document["tree"] = {
            "label": build.tree.label,
            "files": {path: list(entry) for path, entry in build.tree.files.items()},
            "folders": dict(build.tree.folders),
        }
    return gzip.compress(json.dumps(document, separators=(",", ":")).encode("ascii"), 6, mtime=0)


def from_bytes(data: bytes, name: str) -> ObservedBuild:
    """The record in a file that is called `name` in the message.

    Raises CannotRun for one that is damaged, of another kind, of another version, or too large.
    """
    document = _unpacked(data, name)
    version = document.get("version")
    if document.get("kind") != _KIND:
        raise CannotRun(f"{name}: this is no build record of jettison", "`jettison build` writes them")
    if version != VERSION:
        raise CannotRun(
            f"{name}: a build record of version {str(version)[:20]}; this jettison reads version {VERSION}",
            "build once more with `jettison build`",
        )
    try:
        return _build(document)
    except _Damaged as problem:
        raise CannotRun(
            f"{name}: the build record is damaged: {problem}", "delete it, and build with `jettison build`"
        ) from None


Made = TypeVar("Made", BuildRecord, Step)


class _Damaged(Exception):
    """A value of the wrong kind, by its name."""


def _unpacked(data: bytes, name: str) -> dict[str, Any]:
    unpack = zlib.decompressobj(wbits=31)
    try:
        text = unpack.decompress(data, LARGEST + 1)
        document = json.loads(text) if len(text) <= LARGEST and unpack.eof else None
    except (zlib.error, ValueError, RecursionError):
        document = None
    if not isinstance(document, dict):
        raise CannotRun(
            f"{name}: the build record cannot be read: truncated, damaged or none at all",
            "delete it, and build with `jettison build`",
        )
    return document


def _build(document: dict[str, Any]) -> ObservedBuild:
    known = {each.name for each in dataclasses.fields(ObservedBuild)}
    values: dict[str, Any] = {name: value for name, value in document.items() if name in known}
    for name in ("source", "began", "context", "path", "target"):
        values[name] = _text(values.get(name), name)
    for name in ("args", "hidden_args", "bases", "keys", "parents"):
        values[name] = {key: _text(value, name) for key, value in _dict(values.get(name), name).items()}
    for name in ("platforms", "secrets", "missing"):
        values[name] = _texts(values.get(name), name)
    for name in ("options", "base_layers"):
        values[name] = {key: _texts(value, name) for key, value in _dict(values.get(name), name).items()}
    for name in ("dockerfile", "ignore"):
        values[name] = _decoded(values.get(name), name)
    values["tree"] = None if values.get("tree") is None else _tree(_dict(values["tree"], "tree"))
    values["record"] = _record(_dict(values.get("record"), "record"))
    return ObservedBuild(**values)


def _record(values: dict[str, Any]) -> BuildRecord:
    steps = values.pop("steps", None)
    if not isinstance(steps, list):
        raise _Damaged("steps")
    values["steps"] = tuple(_step(_dict(step, "steps"), len(steps)) for step in steps)
    values["warnings"] = _texts(values.get("warnings"), "warnings")
    return _made(BuildRecord, values)


def _step(values: dict[str, Any], count: int) -> Step:
    lines = values.get("lines")
    if not isinstance(lines, list) or not all(_is_integer(line) for line in lines):
        raise _Damaged("lines")
    values["lines"] = tuple(lines)
    values["inputs"] = _texts(values.get("inputs"), "inputs")
    after, spans = values.get("after", []), values.get("spans", [])
    if not isinstance(after, list) or not all(_is_integer(each) and 0 <= each < count for each in after):
        raise _Damaged("after")
    values["after"] = tuple(after)
    if not isinstance(spans, list) or not all(_is_span(each) for each in spans):
        raise _Damaged("spans")
    values["spans"] = tuple((float(begin), float(end)) for begin, end in spans)
    return _made(Step, values)


def _is_span(value: object) -> bool:
    if not isinstance(value, list) or len(value) != 2 or not all(map(_CHECKS["float"], value)):
        return False
    return bool(0 <= value[0] <= value[1] < 1e9)


_CHECKS: dict[str, Any] = {
    "str": lambda value: isinstance(value, str),
    "bool": lambda value: isinstance(value, bool),
    "int": lambda value: _is_integer(value),
    "int | None": lambda value: value is None or _is_integer(value),
    "float": lambda value: isinstance(value, (int, float)) and not isinstance(value, bool) and value == value,
}


def _made(kind: type[Made], values: dict[str, Any]) -> Made:
    """A dataclass of plain values, each of the kind that its field says."""
    fields = dataclasses.fields(kind)
    for each in fields:
        check = _CHECKS.get(str(each.type))
        if check is not None and (each.name not in values or not check(values[each.name])):
            raise _Damaged(each.name)
    names = {each.name for each in fields}
    return kind(**{name: value for name, value in values.items() if name in names})


def _tree(values: dict[str, Any]) -> Tree:
    files = {}
    for path, entry in _dict(values.get("files"), "files").items():
        if not isinstance(entry, list) or len(entry) != 2 or not _is_integer(entry[0]):
            raise _Damaged("files")
        files[path] = Entry(entry[0], _text(entry[1], "files"))
    folders = _dict(values.get("folders"), "folders")
    if not all(_is_integer(mode) for mode in folders.values()):
        raise _Damaged("folders")
    return Tree(files, folders, _text(values.get("label"), "label"))


def _is_integer(value: object) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


def _dict(value: object, name: str) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise _Damaged(name)
    return value


def _text(value: object, name: str) -> str:
    if not isinstance(value, str):
        raise _Damaged(name)
    return value


def _texts(value: object, name: str) -> tuple[str, ...]:
    if not isinstance(value, list):
        raise _Damaged(name)
    return tuple(_text(item, name) for item in value)


def _encoded(data: bytes | None) -> str | None:
    return None if data is None else base64.b64encode(data).decode("ascii")


def _decoded(value: object, name: str) -> bytes | None:
    if value is None:
        return None
    try:
        return base64.b64decode(_text(value, name), validate=True)
    except ValueError:
        raise _Damaged(name) from None
