"""Cases of two builds: what changed between them, and what BuildKit took from its cache in the second.

The files of `cases/` were recorded with a real engine by tools/record_cache_cases.py. In a case `NONCE`
stands for what kept it apart from all others there.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.cache.toy import below, states

from jettison.cache import Entry, Tree
from jettison.cache.built import Built
from jettison.cache.select import snapshot
from jettison.cache.steps import Build, read_steps
from jettison.cache.store import Store, cached, exported
from jettison.cache.tree import blob_name
from jettison.context import IgnoreFile
from jettison.dockerfile import parse

_FIELDS = ("dockerfile", "files", "args", "options", "folders", "links")
FOLDER = Path(__file__).parent / "cases"


@dataclass(frozen=True)
class Side:
    """One build."""

    dockerfile: str
    files: Mapping[str, tuple[int, str]]
    """Mode and content by path; `.dockerignore` too."""
    args: Mapping[str, str] = field(default_factory=dict)
    options: tuple[str, ...] = ()
    folders: Mapping[str, int] = field(default_factory=dict)
    """Empty folders, and others whose mode is not 755."""
    links: Mapping[str, str] = field(default_factory=dict)

    @property
    def tree(self) -> Tree:
        files = {
            p: Entry(0o100000 | mode, blob_name(text.encode())) for p, (mode, text) in self.files.items()
        }
        files |= {path: Entry(0o120000, blob_name(to.encode())) for path, to in self.links.items()}
        return Tree(files, {path: 0o040000 | mode for path, mode in self.folders.items()})


@dataclass(frozen=True)
class Case:
    name: str
    before: Side
    after: Side
    cache: str = "local"
    """Where the second build has its cache from: `local`, `min`, `max`."""
    cached: Mapping[str, bool] = field(default_factory=dict)
    """By the step: what the engine said."""


def predict(case: Case) -> dict[str, bool]:
    """The same by the model."""
    after = built(case.after)
    flags = zip(after.steps, cached(after.steps, after.keys, store(case)), strict=True)
    return {label(step.name, step.lines): flag for step, flag in flags if step.instruction.keyword != "FROM"}


def store(case: Case) -> Store:
    """What the second build finds."""
    before = built(case.before)
    if case.cache == "local":
        return Store().with_build(before.steps, before.keys)
    return exported(before.steps, before.keys, case.cache)


def built(side: Side) -> Built:
    """One build, as the model sees it."""
    dockerfile = parse(side.dockerfile.encode())
    steps = read_steps(dockerfile, Build(side.args, options=options(side)))
    found = side.files.get(".dockerignore")
    ignore = IgnoreFile.parse(found[1].encode()) if found else None
    taken = snapshot(side.tree, ignore, steps.sources, side.links)
    texts = {blob_name(text.encode()): text for _, text in side.files.values()}
    texts |= {blob_name(to.encode()): to for to in side.links.values()}
    left = states(steps, taken, texts)

    def artefact(step: int, key: str, path: str) -> str:
        found = below(left[step], path)
        return hashlib.sha256(repr(sorted(found.items())).encode()).hexdigest() if found else f"{key} {path}"

    keys = steps.keys([each.digest for each in taken.selected], artefact)
    return Built(dockerfile, steps, taken, keys)


def options(side: Side) -> tuple[str, ...]:
    """What of a build's options is in a key: the name of an extra host, not its address; limits as they
    are."""
    names = []
    for option in side.options:
        if option.startswith("--add-host="):
            names.append(option.partition(":")[0])
        elif option.startswith("--ulimit"):
            names.append(option)
    return tuple(names)


def label(name: str, lines: tuple[int, ...]) -> str:
    """One step in a record: its first line, and the half that it is of a linked COPY."""
    return f"{lines[0]}{' LINK' if '] LINK ' in name else ''}"


def load(file: str) -> Iterator[Case]:
    """The cases of a file in `cases/`."""
    for item in json.loads((FOLDER / file).read_text()):
        sides = [_side(item["before"]), _side(item["before"] | item["after"])]
        yield Case(item["name"], *sides, item["cache"], item["cached"])


def dump(cases: list[Case]) -> str:
    """The cases as a file for `cases/`: what the second build shares with the first is left out."""
    listed = []
    for case in cases:
        before, after = _plain(case.before), _plain(case.after)
        changed = {key: after.get(key) for key in {*before, *after} if before.get(key) != after.get(key)}
        item = {"name": case.name, "before": before, "after": changed, "cache": case.cache}
        listed.append(json.dumps(item | {"cached": dict(case.cached)}, sort_keys=True))
    return "[\n" + ",\n".join(listed) + "\n]\n"


def _plain(side: Side) -> dict[str, Any]:
    made = {name: value for name in _FIELDS if (value := getattr(side, name))}
    return json.loads(json.dumps(made))


def _side(item: dict[str, Any]) -> Side:
    files = {path: (mode, text) for path, (mode, text) in (item.get("files") or {}).items()}
    return Side(
        item["dockerfile"],
        files,
        item.get("args") or {},
        tuple(item.get("options") or ()),
        item.get("folders") or {},
        item.get("links") or {},
    )
