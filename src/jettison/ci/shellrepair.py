"""Repair one build command in shell text: cache flags, a builder that exports, secrets."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from jettison.ci import entries
from jettison.ci.lines import BuildLine, flags, literal, repository
from jettison.ci.site import Site, normal
from jettison.ci.wanted import Wanted, cache_from, cache_to, secret_name, slug
from jettison.ci.yamlfile import Unclear
from jettison.facts import load


class TextEdit(NamedTuple):
    """Characters `start` to `end` of the shell text replaced."""

    start: int
    end: int
    new: str


class LineRepair(NamedTuple):
    """The edits of one command, and what they do: pairs of title and reason."""

    edits: tuple[TextEdit, ...]
    done: tuple[tuple[str, str], ...]
    wanted: Wanted


class Place(NamedTuple):
    """What is known around a command: the provider, which repository a cache may go to, what tells the runs
    of a matrix apart, and whether secrets come as variables of the environment."""

    provider: str
    backends: tuple[str, ...]
    where: Callable[[str], str]
    """The repository of the cache, given that of the image's tag (which may be empty)."""
    pushed: bool = True
    """True when the image is pushed to the repository of its tag."""
    suffix: str = ""
    secrets: bool = True
    local: tuple[str, ...] = ()
    """The names of images that were built before, in the engine alone."""
    folder: str = "."
    """Where the command runs, from the root of the repository."""


def repair_line(site: Site, line: BuildLine, place: Place, elsewhere: bool) -> LineRepair | None:
    """What one command lacks; None when nothing. `elsewhere`: the text writes cache flags at another place,
    which a word like `"$@"` may bring in.

    Raises Unclear where it is not known what is built.
    """
    if line.open and elsewhere:
        return None
    if not line.buildx and line.has(*load("ci")["options"]["classic"]):
        raise Unclear("it has options that the classic builder alone has, or means otherwise")
    context = normal(f"{place.folder}/{_known(line.context or '.', 'context')}")
    file = next(iter(line.values("-f", "--file")), "")
    named = (
        normal(f"{place.folder}/{_known(file, 'Dockerfile')}") if file else normal(f"{context}/Dockerfile")
    )
    target = _known(next(iter(line.values("--target")), ""), "target")
    platforms = ",".join(line.values("--platform"))
    repo = next((name for tag in line.values("-t", "--tag") if (name := repository(tag))), "")
    known = tuple(platforms.split(",")) if platforms and literal(platforms) else ()
    wanted = site.wanted(
        place.provider,
        named,
        context,
        target,
        known,
        image=repo if place.pushed else "",
        backends=place.backends,
    )
    parts = [wanted.name, slug(",".join(known))]
    name = "-".join(part for part in parts if part) + place.suffix
    if platforms and not known and not place.suffix:
        raise Unclear(f"the platform is {platforms}, which cannot stand in the name of a cache")
    if not line.buildx:
        apart(wanted.needs.bases, place.local)
        if "," in platforms and not line.has(*load("ci")["options"]["output"]):
            raise Unclear("an image of several platforms cannot be loaded into the engine")
    where = place.where(repo if place.pushed else "")
    if wanted.choice.backend == "registry" and not where:
        raise Unclear("a registry cache needs a repository: name it with --image")
    return _edits(line, place, wanted, name, where)


def apart(bases: tuple[str, ...], local: tuple[str, ...]) -> None:
    """Raise Unclear when a Dockerfile may start from an image that only the engine has: a builder of its own
    does not see it."""
    for base in bases:
        for name in local:
            if _may_be_same(base, name):
                raise Unclear(
                    "it may start from an image that was built before: a builder apart does not see it"
                )


def _may_be_same(base: str, name: str) -> bool:
    """False when the parts that are written out differ; tags do not count."""
    one, other = (text.partition("$")[0] if "$" in text else text.partition(":")[0] for text in (base, name))
    if "$" in base or "$" in name:
        one, other = one.partition(":")[0], other.partition(":")[0]
        return one.startswith(other) or other.startswith(one)
    return one == other


def _edits(line: BuildLine, place: Place, wanted: Wanted, name: str, where: str) -> LineRepair | None:
    choice = wanted.choice
    why = f"mode={choice.mode}: {choice.why_mode}"
    added: list[tuple[str, str]] = []
    edits: list[TextEdit] = []
    done: list[tuple[str, str]] = []
    reads, writes = line.values("--cache-from"), [o for o in line.options if o.name == "--cache-to"]
    if line.open and not writes:
        raise Unclear("the shell brings in options ($) that are not seen here")
    inline = any("BUILDKIT_INLINE_CACHE=1" in value for value in line.values("--build-arg"))
    if inline and not writes:
        raise Unclear("BUILDKIT_INLINE_CACHE=1 keeps a cache in the image, and is left: it was chosen")
    if not reads and not writes:
        added += [
            ("--cache-from", cache_from(choice.backend, where, name)),
            ("--cache-to", cache_to(choice.backend, where, name, choice.mode)),
        ]
        done.append((f"A cache for fresh machines: type={choice.backend}", f"{choice.why_backend}; {why}"))
    elif not writes:
        added.append(("--cache-to", entries.write_for(reads[0], wanted)))
        done.append(("Write the cache that is read", why))
    elif not reads:
        added.append(("--cache-from", entries.read_back(writes[0].value)))
        done.append(("Read the cache that is written", "nothing was read from it"))
    for option in writes:
        if more := entries.lacks(option.value, choice.mode):
            edits.append(TextEdit(option.end, option.end, more))
            what = (
                "Keep the steps of all stages" if "mode=" in more else "A failed cache export fails no build"
            )
            done.append((f"{what}: {more[1:]}", why))
    missing = [id for id in wanted.needs.secrets if not _hands_over(line, id)]
    if missing and place.secrets:
        added += [("--secret", f"id={id},env={secret_name(id)}") for id in missing]
        names = ", ".join(secret_name(id) for id in missing)
        done.append(
            (f"Hand over the secrets: {names}", "a RUN of the Dockerfile mounts them; set the variables")
        )
    if not done:
        return None
    front = "" if line.buildx or line.has(*load("ci")["options"]["output"]) else " --load"
    new = f"docker buildx build{front}{flags(line, added)}"
    if not line.buildx:
        done.append(("docker buildx build", "`docker build` always takes the engine's own builder"))
    return LineRepair((TextEdit(line.name_start, line.name_end, new), *edits), tuple(done), wanted)


def _hands_over(line: BuildLine, id: str) -> bool:
    return any(f"id={id}" in value.split(",") for value in line.values("--secret"))


def _known(word: str, what: str) -> str:
    if not literal(word) or "://" in word or word == "-":
        raise Unclear(f"its {what} is {word}, which only the run knows")
    return word
