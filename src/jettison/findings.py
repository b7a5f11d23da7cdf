"""What a rule says: a finding, what it would save, and the fix it offers. Frozen values, no behaviour beyond
views."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import Enum

from jettison.spans import Edit, Span


class Basis(str, Enum):
    """Where a number comes from; no number is shown without it."""

    MEASURED = "measured"
    MODELLED = "modelled"
    RULE_OF_THUMB = "rule of thumb"


class Safety(str, Enum):
    """How far a fix may be trusted before a build has confirmed it."""

    SAFE = "safe"
    """Same image content and behaviour by construction: applied by `jettison fix`."""
    PROVEN = "proven"
    """Applied only after a real build before and after agrees: `jettison fix --prove`."""
    SUGGEST = "suggest"
    """Shown, never applied."""


@dataclass(frozen=True, slots=True)
class Saving:
    """Uncompressed bytes of the image and seconds of a rebuild that a fix is expected to save."""

    bytes: int = 0
    seconds: float = 0.0
    basis: Basis = Basis.RULE_OF_THUMB

    @property
    def worth(self) -> float:
        """One number for ranking: a second of every rebuild counts as much as 5 MB."""
        return self.bytes / 5e6 + self.seconds


@dataclass(frozen=True, slots=True)
class Allowance:
    """What a fix may change in the image; the proof fails on every other difference.

    `vanish`, `appear` and `change` are globs over absolute image paths (`*` crosses `/`); `config` names
    fields of the image config as Docker spells them: Cmd, Entrypoint, Env, User, WorkingDir, ...
    `packages`: files may vanish that a package manager's books name as those of packages that go.
    """

    vanish: tuple[str, ...] = ()
    appear: tuple[str, ...] = ()
    change: tuple[str, ...] = ()
    config: tuple[str, ...] = ()
    packages: bool = False

    def __or__(self, other: Allowance) -> Allowance:
        """What two fixes together may change."""
        return Allowance(
            tuple(dict.fromkeys(self.vanish + other.vanish)),
            tuple(dict.fromkeys(self.appear + other.appear)),
            tuple(dict.fromkeys(self.change + other.change)),
            tuple(dict.fromkeys(self.config + other.config)),
            self.packages or other.packages,
        )


@dataclass(frozen=True, slots=True)
class Fix:
    """A change to the Dockerfile (`edits`) and to files beside it (`files`, by path relative to the
    context)."""

    title: str
    edits: tuple[Edit, ...] = ()
    safety: Safety = Safety.SUGGEST
    files: Mapping[str, bytes] = field(default_factory=dict)
    allows: Allowance = Allowance()


BASE = "the base of line "
"""How `Finding.about` begins for what is said at a FROM."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing worth bytes, seconds, a leak or a broken build, at one place of one Dockerfile.

    A rule yields it with `span`, `message` and what it offers; the runner stamps `rule`, `code`, `aliases`
    and `path`.
    """

    span: Span
    message: str
    saving: Saving = Saving()
    fix: Fix | None = None
    refused: str | None = None
    """Why there is no fix although the rule has one."""
    rule: str = ""
    code: str = ""
    aliases: tuple[str, ...] = ()
    about: str = ""
    """What its saving is made of, where rules may speak of the same bytes: they are counted once."""
    path: str = ""
