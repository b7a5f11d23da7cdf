"""The builder's cache, record by record: listed, and removed by id."""

from __future__ import annotations

import json
import re
from collections.abc import Collection, Iterable, Sequence
from typing import NamedTuple

_BATCH = 100
_UNITS = {"B": 1, "kB": 10**3, "MB": 10**6, "GB": 10**9, "TB": 10**12}
_FIELD = re.compile(r"(ID|[A-Z][a-z]+(?: [a-z]+)?):[ \t]*(.*)")
_SIZE = re.compile(r"([\d.]+)\s*([kMGT]?B)")


class CacheRecord(NamedTuple):
    """One record of the builder's cache (`docker buildx du`)."""

    id: str
    parents: tuple[str, ...]
    type: str
    """`regular`, `source.local`, `exec.cachemount`, ..."""
    size: int
    """Bytes, as exact as the command line prints them (four digits)."""
    description: str
    created: str
    shared: bool
    """An image uses the same layer."""


def parse_records(text: str) -> tuple[CacheRecord, ...]:
    """The records in what `docker buildx du --format json` prints, one JSON object a line."""
    found = []
    for line in text.splitlines():
        try:
            item = json.loads(line)
        except ValueError:
            continue
        if isinstance(item, dict) and item.get("ID"):
            found.append(
                CacheRecord(
                    str(item["ID"]).rstrip("*"),
                    tuple(str(parent) for parent in item.get("Parents") or ()),
                    str(item.get("Type") or ""),
                    parse_size(str(item.get("Size") or "")),
                    str(item.get("Description") or ""),
                    str(item.get("CreatedAt") or ""),
                    bool(item.get("Shared")),
                )
            )
    return tuple(found)


def parse_verbose(text: str) -> tuple[CacheRecord, ...]:
    """The records in what `docker buildx du --verbose` prints: a block a record, from ID to Type.

    For buildx before 0.28, whose `du` has no `--format` (docker/buildx #3377).
    """
    found = []
    fields: dict[str, str] = {}
    last = ""
    for line in text.splitlines():
        match = _FIELD.fullmatch(line)
        if match and (last != "Description" or match[1] in ("Usage count", "Last used", "Type")):
            last = match[1].removesuffix("s") if match[1] == "Parents" else match[1]
            fields[last] = match[2]
        elif last == "Parent" and line.startswith(" - "):
            fields["Parent"] += f",{line[3:]}"
        elif last == "Description":
            fields["Description"] += f"\n{line}"
        if last == "Type" and fields.get("ID"):
            found.append(_of_fields(fields))
            fields = {}
    return tuple(found)


def _of_fields(fields: dict[str, str]) -> CacheRecord:
    return CacheRecord(
        fields["ID"].rstrip("*"),
        tuple(filter(None, fields.get("Parent", "").split(","))),
        fields.get("Type", ""),
        parse_size(fields.get("Size", "")),
        fields.get("Description", ""),
        fields.get("Created at", ""),
        fields.get("Shared") == "true",
    )


def parse_size(text: str) -> int:
    """Bytes of a size as Docker prints it: `8.192kB`."""
    match = _SIZE.fullmatch(text.strip())
    return round(float(match[1]) * _UNITS[match[2]]) if match else 0


def patterns(ids: Sequence[str]) -> Iterable[str]:
    """Values of `prune --filter id=` that match these records and no other.

    buildx takes one such filter a call and reads the value as a regular expression (measured with 0.29;
    BuildKit gets `id~=VALUE`), so many ids go into one call.
    """
    for start in range(0, len(ids), _BATCH):
        yield "^(" + "|".join(re.escape(id) for id in ids[start : start + _BATCH]) + ")$"


def at_risk(records: Iterable[CacheRecord], ours: Collection[str]) -> tuple[CacheRecord, ...]:
    """Records of others that a removal of ours makes worthless on an engine with the containerd store.

    After every prune that removed something BuildKit drops the cache keys of each result that it cannot load,
    and looks with a context that is cancelled already (control.go Prune; pull request #7177 is to change it).
    What stands on a base image that the engine had unpacked before the build is looked up in containerd,
    which fails then. Measured on Docker 28.5: after the removal of one unrelated cache mount, steps of other
    builds on a base image from the engine's store miss; builds on a base that BuildKit pulled itself, builds
    from scratch, and everything with the classic store keep theirs. Layers, contexts and cache mounts are
    found by other means and lose nothing.
    """
    all = {record.id: record for record in records}
    others = (record for id, record in all.items() if id not in ours)
    return tuple(r for r in others if r.type == "regular" and not _is_layer(r) and not _is_safe(r, all))


def _is_layer(record: CacheRecord) -> bool:
    """A layer of a base image, as the engine's store has it, or as BuildKit pulled it."""
    return not record.description or record.description.startswith(("pulled from", "from local"))


def _is_safe(record: CacheRecord, all: dict[str, CacheRecord]) -> bool:
    """True when no layer from the engine's store, and nothing that is not downloaded yet, lies below."""
    seen: set[str] = set()
    todo = [record.id]
    while todo:
        at = all.get(todo.pop())
        if at is None or not at.description or at.description.startswith("imported"):
            return False
        fresh = set(at.parents) - seen
        seen |= fresh
        todo += fresh
    return True
