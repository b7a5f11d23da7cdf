"""Package ecosystems found in a context by their manifests, with how each is installed before the sources are
copied.
"""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

from jettison.context.context import Context
from jettison.context.gopath import glob
from jettison.context.inherit import inherit


class Cache(NamedTuple):
    """A download or build cache: mount target for root, `sharing` of the mount, and the variable that moves
    it.
    """

    target: str
    sharing: str
    env: str


class Ecosystem(NamedTuple):
    """One row of facts/ecosystems.toml; the fields are explained at its top."""

    name: str
    family: str
    manifests: tuple[str, ...]
    lockfiles: tuple[str, ...]
    extras: tuple[str, ...]
    marks: tuple[str, ...]
    needs: tuple[str, ...]
    contains: dict[str, str]
    exclusive: bool
    workspaces: bool
    install: str
    install_unlocked: str
    production: str
    caches: tuple[Cache, ...]
    sources: tuple[str, ...]
    prefer: tuple[str, ...]
    comment: str
    edit: str
    source: str


class Found(NamedTuple):
    """An ecosystem in one folder ("" is the root of the context). All paths are relative to the context.

    `extras` are present files, and folders with a final `/`. `workspace` is the folder whose lockfile also
    governs this one, None when the folder stands for itself.
    """

    ecosystem: Ecosystem
    folder: str
    manifests: tuple[str, ...]
    lockfiles: tuple[str, ...]
    extras: tuple[str, ...] = ()
    workspace: str | None = None

    @property
    def first(self) -> tuple[str, ...]:
        """What a Dockerfile copies before the install: manifests, lockfiles and extras."""
        return self.manifests + self.lockfiles + self.extras


@cache
def ecosystems() -> tuple[Ecosystem, ...]:
    """Every known ecosystem, in the order in which they are tried."""
    from jettison.facts import load

    table = load("ecosystems")
    return tuple(_row({**table["family"].get(row["family"], {}), **row}) for row in table["ecosystem"])


def find_ecosystems(context: Context) -> tuple[Found, ...]:
    """The ecosystems of the root and of nested folders, root first, ignored files and installed packages left
    out.
    """
    found: list[Found] = []
    for folder, names in sorted(_candidates(context).items(), key=lambda item: (item[0].count("/"), item[0])):
        silenced: set[str] = set()
        for row in ecosystems():
            if row.family in silenced:
                continue
            here = _in_folder(context, row, folder, names, found)
            if here is not None:
                found.append(here)
                if row.exclusive or here.workspace is not None:
                    silenced.add(row.family)
    return tuple(found)


def _row(row: dict[str, object]) -> Ecosystem:
    values: dict[str, object] = {
        "marks": [], "needs": [], "extras": [], "contains": {}, "exclusive": False, "workspaces": False, **row
    }  # fmt: skip
    values["caches"] = [Cache(**cache) for cache in values["caches"]]  # type: ignore[attr-defined]
    return Ecosystem(**{k: tuple(v) if isinstance(v, list) else v for k, v in values.items()})  # type: ignore[arg-type]


def _in_folder(
    context: Context, row: Ecosystem, folder: str, names: set[str], found: list[Found]
) -> Found | None:
    prefix = folder + "/" if folder else ""
    manifests = _pick(row.manifests, names)
    lockfiles = _pick(row.lockfiles, names)
    if not (manifests or lockfiles) or not all(context.exists(prefix + name) for name in row.needs):
        return None
    above = None if _pick(_family_lockfiles(row.family), names) else _governor(row, folder, found)
    if above is None and not lockfiles and _has_signs(row) and not _signed(context, row, prefix):
        return None
    extras = _pick(row.extras, names) + tuple(
        name for name in row.extras if "*" not in name and name not in names and context.exists(prefix + name)
    )
    return Found(
        above.ecosystem if above is not None else row,
        folder,
        tuple(prefix + name for name in manifests),
        tuple(prefix + name for name in lockfiles),
        tuple(prefix + name for name in extras),
        above.folder if above is not None else None,
    )


@cache
def _family_lockfiles(family: str) -> tuple[str, ...]:
    return tuple(name for row in ecosystems() if row.family == family for name in row.lockfiles)


def _has_signs(row: Ecosystem) -> bool:
    """True when a manifest alone does not tell this ecosystem from its family."""
    return bool(row.marks or row.contains or row.needs)


def _signed(context: Context, row: Ecosystem, prefix: str) -> bool:
    if any(context.exists(prefix + mark) for mark in row.marks):
        return True
    return any(
        text.encode() in context.read(prefix + name)
        for name, text in row.contains.items()
        if context.exists(prefix + name)
    )


def _governor(row: Ecosystem, folder: str, found: list[Found]) -> Found | None:
    """The nearest find above of the same family whose lockfile speaks for its members."""
    for other in reversed(found):
        inside = folder.startswith(other.folder + "/") if other.folder else bool(folder)
        if inside and other.lockfiles and other.ecosystem.workspaces and other.ecosystem.family == row.family:
            return other
    return None


def _pick(patterns: tuple[str, ...], names: set[str]) -> tuple[str, ...]:
    """The names that a pattern matches, in the order of the patterns, then by name."""
    picked: dict[str, None] = {}
    for pattern in patterns:
        if "*" in pattern:
            picked.update(dict.fromkeys(sorted(filter(glob(pattern), names))))
        elif pattern in names:
            picked[pattern] = None
    return tuple(picked)


def _candidates(context: Context) -> dict[str, set[str]]:
    """Folders that hold a manifest or lockfile, each with the names of such files, `sub/name` where a row
    says so.
    """
    from jettison.facts import load

    skip = frozenset(load("ecosystems")["skip_folders"])
    literal, ends, inner = _names()
    folders: dict[str, set[str]] = {}
    skipped: dict[str, bool] = {"": False}

    def is_skipped(folder: str, above: bool) -> bool:
        return above or folder.rpartition("/")[2] in skip

    for file in context.files:
        folder, _, name = file.path.rpartition("/")
        if (name in literal or name.endswith(ends)) and not inherit(skipped, folder, is_skipped):
            folders.setdefault(folder, set()).add(name)
            parent, _, last = folder.rpartition("/")
            if last in inner:
                folders.setdefault(parent, set()).add(f"{last}/{name}")
    return folders


@cache
def _names() -> tuple[frozenset[str], tuple[str, ...], frozenset[str]]:
    """Literal names, endings of globbed names, and folders in patterns, of every file the rows speak of."""
    patterns = [p for row in ecosystems() for p in row.manifests + row.lockfiles + row.extras]
    names = [pattern.rpartition("/")[2] for pattern in patterns if not pattern.endswith("/")]
    return (
        frozenset(name for name in names if "*" not in name),
        tuple({name.rpartition("*")[2] for name in names if "*" in name}),
        frozenset(p.rpartition("/")[0] for p in patterns if "/" in p.rstrip("/") and "*" in p),
    )
