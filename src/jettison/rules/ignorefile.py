"""The text of a .dockerignore: its lines for junk, by group, each group with a short comment."""

from __future__ import annotations

from collections.abc import Iterable

from jettison.context.junk import JunkKind
from jettison.facts import load
from jettison.findings import Allowance, Basis, Saving
from jettison.project import Project
from jettison.rules.amounts import size
from jettison.rules.unneeded import WORTH, Kept, Unneeded


def title(kind: JunkKind) -> str:
    """What the group of a kind of junk is called in the file."""
    name: str = load("context-leave")["titles"].get(kind.group, kind.meaning)
    return name


def sections(parts: Iterable[tuple[str, tuple[str, ...]]], kept: Iterable[Kept] = ()) -> str:
    """Patterns by title, a blank line and the title before each group; what is kept is named in a comment."""
    groups: dict[str, list[str]] = {}
    for name, patterns in parts:
        lines = groups.setdefault(name, [])
        lines += (pattern for pattern in patterns if pattern not in lines)
    text = "".join(
        f"\n# {name}\n" + "".join(f"{line}\n" for line in lines) for name, lines in groups.items() if lines
    )
    stays = "".join(f"# {each.kind.name} stays: {each.why}\n" for each in kept)
    return text + ("\n" + stays if stays else "")


def longer(project: Project, text: str) -> bytes:
    """The ignore file in force with this text at its end, in its own line ends."""
    ignore = project.context.ignore
    source = ignore.source if ignore is not None else b""
    newline = b"\r\n" if b"\r\n" in source else b"\n"
    if source and not source.endswith(b"\n"):
        source += newline
    return source + text.lstrip("\n" if not source else "").encode("utf-8", "surrogateescape").replace(
        b"\n", newline
    )


def described(found: Iterable[Unneeded]) -> str:
    """`.git 12.3 MB, node_modules 4.0 MB and secrets: .env`, heaviest first."""
    found = tuple(found)
    plain = [f"{_names(each.paths)} {size(each.bytes)}" for each in found if matters(each)]
    secret = [path for each in found if each.kind.secret for path in each.paths]
    text = ", ".join(plain[:4])
    if not secret:
        return text
    return (f"{text}, and " if text else "") + f"secrets: {_names(tuple(secret))}"


def matters(each: Unneeded) -> bool:
    """True for junk that is worth a word by its weight, or because it changes with every commit."""
    return not each.kind.secret and (each.bytes >= WORTH or each.kind.group == "history")


def saving(found: Iterable[Unneeded]) -> Saving:
    """The bytes that leave the image; where they only slow down a builder stage, the time to send and copy
    them.
    """
    found = tuple(found)
    shipped = sum(each.shipped for each in found)
    if shipped:
        return Saving(bytes=shipped, basis=Basis.MEASURED)
    return Saving(seconds=round(sum(each.bytes for each in found) / 50e6, 1), basis=Basis.MODELLED)


def allowance(found: Iterable[Unneeded]) -> Allowance:
    """What leaving all of it out may change in the image."""
    total = Allowance()
    for each in found:
        total |= each.allows
    return total


def _names(paths: tuple[str, ...]) -> str:
    return ", ".join(paths[:3]) + (f" and {len(paths) - 3} more" if len(paths) > 3 else "")
