"""What is known of base images: their names taken apart, and the rows of base-images.toml."""

from __future__ import annotations

from functools import cache
from types import MappingProxyType
from typing import Any, NamedTuple

from jettison.facts import load


class Reference(NamedTuple):
    """An image reference as Docker reads it. `repository` is the short name Docker shows: `golang`,
    `gcr.io/x/y`."""

    repository: str
    tag: str
    digest: str

    @classmethod
    def parse(cls, text: str) -> Reference:
        """Take `docker.io/library/golang:1.27@sha256:…` apart; tag and digest are "" when absent."""
        name, _, digest = text.partition("@")
        head, colon, tag = name.rpartition(":")
        if not colon or "/" in tag:
            head, tag = name, ""
        for prefix in (
            "docker.io/library/",
            "index.docker.io/library/",
            "library/",
            "docker.io/",
            "index.docker.io/",
        ):
            if head.startswith(prefix):
                head = head[len(prefix) :]
                break
        return cls(head, tag, digest)

    @property
    def variants(self) -> tuple[str, ...]:
        """The tag's parts after the version: `1.27-alpine3.20` has ("alpine3.20",)."""
        return tuple(self.tag.split("-")[1:]) if self.tag[:1].isdigit() else tuple(self.tag.split("-"))

    @property
    def musl(self) -> bool:
        """True for Alpine and its variants, whose libc is musl."""
        return self.repository == "alpine" or any(part.startswith("alpine") for part in self.variants)

    @property
    def windows(self) -> bool:
        """True for Windows images, which no rule touches."""
        words = ("windowsservercore", "nanoserver", "windows/")
        return any(word in self.repository or word in self.tag for word in words)


class Base(NamedTuple):
    """One row of base-images.toml; sizes are MB of uncompressed layers, 0 when unknown."""

    repository: str
    purpose: str
    language: str
    size: int
    slim: str
    slim_mb: int
    alpine_mb: int
    suite: str
    entrypoint: bool
    user: str
    home: str
    workdir: str
    env: MappingProxyType[str, str]


@cache
def base_facts(repository: str) -> Base | None:
    """What is known of a repository by its short name; None for an image that the table does not list."""
    row: dict[str, Any] | None = _rows().get(repository)
    if row is None:
        return None
    return Base(
        repository,
        row["purpose"],
        row.get("language", ""),
        row.get("size", 0),
        row.get("slim", ""),
        row.get("slim_mb", 0),
        row.get("alpine_mb", 0),
        row.get("suite", ""),
        row["entrypoint"],
        row["user"],
        row["home"],
        row["workdir"],
        MappingProxyType(row.get("env", {})),
    )


def base_megabytes(reference: Reference) -> int:
    """About how many MB of layers the image of this tag has, by rule of thumb; 0 when unknown."""
    facts = base_facts(reference.repository)
    if facts is None:
        return 0
    if reference.musl:
        return facts.alpine_mb or facts.size
    slim = any(part.startswith("slim") for part in reference.variants)
    return (facts.slim_mb or facts.size) if slim else facts.size


def debian_suite(reference: Reference) -> str:
    """The Debian release an image stands on: named in the tag, else the table's; "" when unknown or not
    Debian."""
    from jettison.facts.releases import named_release

    if reference.musl:
        return ""
    named = named_release(reference)
    if named is not None:
        return named.name if named.system == "debian" else ""
    facts = base_facts(reference.repository)
    return facts.suite if facts is not None else ""


@cache
def _rows() -> dict[str, dict[str, Any]]:
    return {row["repository"]: row for row in load("base-images")["image"]}
