"""Which release of which Linux distribution an image stands on, by its name, and that release's glibc."""

from __future__ import annotations

import re
from functools import cache
from typing import NamedTuple

from jettison.facts import load
from jettison.facts.bases import Reference

_NUMBERED = re.compile(r"([a-z]+?)-?(\d+(?:\.\d+)?)")


class Release(NamedTuple):
    """One release of a system (`debian`, `ubuntu`, `rhel` with its rebuilds, `amazon`). `name` is its word,
    "" for systems that count only; `glibc` the version of its C library."""

    system: str
    name: str
    number: str
    glibc: str

    @property
    def shown(self) -> str:
        """What people call it: `bookworm`, `jammy`, `rhel 9`."""
        return self.name or f"{self.system} {self.number}"

    @property
    def glibc_parts(self) -> tuple[int, ...]:
        """The version of glibc, to be compared."""
        return parts(self.glibc)


def parts(version: str) -> tuple[int, ...]:
    """`1.27.3` as numbers; () for what is no version."""
    return tuple(int(part) for part in version.split(".")) if re.fullmatch(r"\d+(\.\d+)*", version) else ()


def release_of(reference: Reference) -> Release | None:
    """The release that an image certainly stands on; None where neither name nor table says so."""
    if reference.musl or reference.windows:
        return None
    return named_release(reference) or _default(reference)


def named_release(reference: Reference) -> Release | None:
    """The release that the name of the image itself says: `-bookworm`, `ubuntu:22.04`, `ubi9/ubi-minimal`."""
    words = [*reference.tag.split("-"), *re.split(r"[/-]", reference.repository)]
    for word in words:
        found = by_name(word) or _numbered(word)
        if found is not None:
            return found
    system = load("releases")["image"].get(reference.repository, "")
    return by_number(system, reference.tag.partition("-")[0])


def by_name(name: str) -> Release | None:
    """The release of that word; None for a word that names none."""
    return next((each for each in releases() if name and each.name == name), None)


def by_number(system: str, number: str) -> Release | None:
    """The release of a system by its number; of `9.4` the 9 counts, except for Ubuntu."""
    if system != "ubuntu":
        number = number.partition(".")[0]
    return next((each for each in releases() if each.system == system and each.number == number), None)


@cache
def releases() -> tuple[Release, ...]:
    """Every release of the table, oldest first within one system."""
    return tuple(Release(**row) for row in load("releases")["release"])


def is_built(repository: str, version: str, release: Release) -> bool:
    """True when that image is certainly there for that release: `rust:1.90-bookworm`, or `rust:bookworm`
    for no version."""
    since, until = load("releases")["built"].get(repository, {}).get(release.name, ("", ""))
    number = parts(version)
    if not since or (version and not number):
        return False
    if len(number) < 2:
        return bool(until == "9")
    first = number[:2] if len(number) == 2 else (number[0], number[1] - 1)
    return parts(since) <= first and number <= parts(until)


def _numbered(word: str) -> Release | None:
    found = _NUMBERED.fullmatch(word)
    system = load("releases")["prefix"].get(found[1], "") if found else ""
    return by_number(system, found[2]) if found and system else None


def _default(reference: Reference) -> Release | None:
    row = load("releases")["default"].get(reference.repository)
    if row is None:
        return None
    version, _, rest = reference.tag.partition("-")
    if reference.tag in ("", "latest", "slim"):
        return by_name(row["release"])
    number, since = parts(version), parts(row["since"])
    if not since or not number or rest not in ("", "slim") or (len(number) > 2 and not row.get("patches")):
        return None
    if len(number) == 1:
        number += (10**6,)
    moved = number[:2] > since if len(number) > 2 else number >= since
    return by_name(row["release"]) if moved else None
